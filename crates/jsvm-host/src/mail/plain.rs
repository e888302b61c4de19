//! HTML as plain text, for people who read mails without it.

/// What the HTML says, without its tags.
///
/// Blocks begin a line, items of lists begin with `- `, and links are followed
/// by their addresses. It is a reading aid: what is no HTML comes out somehow.
pub(super) fn of_html(html: &str) -> String {
    let mut text = Text::default();
    let mut rest = html;
    let mut link = None;
    while let Some((before, behind)) = rest.split_once('<') {
        text.say(before);
        let is_tag = behind.starts_with(|it: char| it.is_ascii_alphabetic() || "/!".contains(it));
        let Some((tag, behind)) = behind.split_once('>').filter(|_| is_tag) else {
            text.say("<");
            rest = behind;
            continue;
        };
        rest = behind;
        match name(tag).as_str() {
            "a" => link = address(tag),
            "/a" => {
                if let Some(address) = link.take() {
                    text.say(&format!(" ({address})"));
                }
            }
            hidden @ ("style" | "script" | "head" | "title") => {
                let end = format!("</{hidden}");
                rest = behind.find(&end).map_or("", |at| &behind[at..]);
            }
            "li" => {
                text.line();
                text.say("- ");
            }
            "br" | "br/" | "p" | "/p" | "div" | "/div" | "tr" | "/tr" | "/li" | "ul" | "/ul"
            | "ol" | "/ol" | "table" | "/table" | "h1" | "/h1" | "h2" | "/h2" | "h3" | "/h3"
            | "hr" => text.line(),
            _ => {}
        }
    }
    text.say(rest);
    text.0.trim().to_owned()
}

#[derive(Default)]
struct Text(String);

impl Text {
    /// White space of any length is one space.
    fn say(&mut self, words: &str) {
        for letter in entities(words).chars() {
            let is_space = letter.is_ascii_whitespace();
            match (is_space, self.0.ends_with([' ', '\n'])) {
                (true, true) => {}
                (true, false) => self.0.push(' '),
                (false, _) => self.0.push(letter),
            }
        }
    }

    fn line(&mut self) {
        let length = self.0.trim_end().len();
        self.0.truncate(length);
        if length > 0 {
            self.0.push('\n');
        }
    }
}

fn name(tag: &str) -> String {
    let end = tag.find(|letter: char| letter.is_ascii_whitespace());
    tag[..end.unwrap_or(tag.len())].to_ascii_lowercase()
}

/// Where a link leads, if that tells more than its text.
fn address(tag: &str) -> Option<String> {
    let (_, value) = tag.split_once("href=")?;
    let quote = value.chars().next().filter(|it| matches!(it, '"' | '\''))?;
    let address = value[1..].split(quote).next()?;
    Some(entities(address)).filter(|it| it.starts_with("http"))
}

fn entities(text: &str) -> String {
    text.replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_read_as_people_would() {
        for (html, wanted) in [
            ("plain", "plain"),
            ("<p>Hello,</p>\n<p>a  &amp; b</p>", "Hello,\na & b"),
            (
                "<head><title>x</title></head><style>a{}</style>see <a class=\"b\" href=\"https://x.example/?a=1&amp;b=2\">here</a>!",
                "see here (https://x.example/?a=1&b=2)!",
            ),
            ("<ul><li>one</li><li>two</li></ul>end", "- one\n- two\nend"),
            ("a<br>b<br/>c<BR />d", "a\nb\nc\nd"),
            ("1 < 2 <b>!</b> <", "1 < 2 ! <"),
            ("", ""),
            ("<a href=x>y</a>", "y"),
        ] {
            assert_eq!(of_html(html), wanted, "{html}");
        }
    }
}
