//! Requests and answers as plain data, with the habits of Go's `net/http`.
//!
//! The one rule: nothing here fails by panic, whatever a client sends; what
//! cannot be read is left out or is an error, as in Go. Knows nothing of
//! sockets, routes and scripts.

mod body;
mod cookie;
mod headers;
mod media;
mod multipart;
mod percent;
mod proxy;
mod request;
mod response;
mod sniff;
mod status;
mod values;
mod xml;

pub(crate) use body::is_xml;
pub use body::{BodyError, Form, parse_body, parse_form, parse_parts};
pub use cookie::{Cookie, SameSite};
pub use headers::{Headers, canonical_key, header_key_snake, is_token};
pub use media::{MediaError, MediaType};
pub use multipart::FilePart;
pub use percent::{decode_path, decode_query, encode_path, encode_query, escaped_path, text_of};
pub(crate) use percent::{decode_segment, encode_illegal, normal_path};
pub use proxy::{ProxySide, forwarded_ip};
pub use request::{Request, expand_ip, split_host_port};
pub use response::Response;
pub use sniff::detect_content_type;
pub use status::{has_body, status_text};
pub use values::{Values, ValuesError};
pub use xml::parse_xml;
