//! OTLP over https, against a collector with a certificate of its own.

use crate::{
    collector::{Answer, Collector},
    otlp::{LONG, by_name, dropped, load, metrics, refused, settings, start},
};
use jsvm_metrics::{Naming, otlp::Settings};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use std::{fs, path::PathBuf, sync::Arc};
use tempfile::TempDir;

/// A collector for this host alone, and the file of its certificate.
fn collector(dir: &TempDir, answers: Vec<Answer>) -> (Collector, PathBuf) {
    let names = vec!["localhost".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let file = dir.path().join("collector.pem");
    fs::write(&file, made.cert.pem()).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], PrivateKeyDer::Pkcs8(key));
    let config = Arc::new(config.unwrap());
    let collector = Collector::over(answers, move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
        StreamOwned::new(connection, stream)
    });
    (collector, file)
}

fn secure(collector: &Collector) -> Settings {
    let port = collector.address.port();
    settings(format!("https://localhost:{port}/v1/metrics"), LONG)
}

#[test]
fn a_certificate_of_ones_own_is_trusted_if_it_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (collector, file) = collector(&dir, vec![Answer::Ok]);
    let metrics = metrics();
    load(&metrics);
    let mut settings = secure(&collector);
    settings.certificate = Some(file);
    assert!(start(settings, Naming::Fixed, &metrics).shutdown(LONG));
    assert!(by_name(&collector.next()).contains_key("jsvm_execution_total"));
    assert_eq!(dropped(&metrics), 0);
}

#[test]
fn numbers_do_not_go_to_whoever_is_not_trusted() {
    let dir = tempfile::tempdir().unwrap();
    let (collector, _) = collector(&dir, vec![Answer::Ok]);
    let metrics = metrics();
    load(&metrics);
    assert!(!start(secure(&collector), Naming::Fixed, &metrics).shutdown(LONG));
    assert_eq!(dropped(&metrics), 1);
}

#[test]
fn a_certificate_that_cannot_be_used_is_told_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let empty = dir.path().join("empty.pem");
    fs::write(&empty, "nothing").unwrap();
    let missing = dir.path().join("missing.pem");
    for (file, cause) in [
        (empty, "no certificate in this file"),
        (missing, "No such file"),
    ] {
        let mut settings = settings("https://localhost:1/v1/metrics".into(), LONG);
        settings.certificate = Some(file.clone());
        let told = refused(&settings).to_string();
        let start = format!("OTEL_EXPORTER_OTLP_CERTIFICATE={}: ", file.display());
        assert!(told.starts_with(&start) && told.contains(cause), "{told}");
    }
}
