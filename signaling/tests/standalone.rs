//! The program `nonet-signaling`.

#![allow(clippy::unwrap_used, reason = "in helpers of tests too, a failure is the test's")]
#![cfg(unix)]

use nonet_signaling::client::{Client, ClientEvent};
use nonet_signaling::protocol::ServerAddress;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

fn serve(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_nonet-signaling"))
        .arg("serve")
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn it_says_where_it_listens_serves_and_ends_on_sigterm() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().to_str().unwrap();
    let mut child = serve(&["--listen", "127.0.0.1:0", "--certificate-dir", place]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let url = lines.next().unwrap().strip_prefix("listening on ").unwrap().to_owned();
    let fingerprint = lines.next().unwrap().strip_prefix("fingerprint ").unwrap().to_owned();
    let address: ServerAddress = format!("{url}#{fingerprint}").parse().unwrap();
    let (client, mut events) = Client::start(address);
    let event = tokio::time::timeout(Duration::from_secs(20), events.recv()).await.unwrap();
    assert!(matches!(event, Some(ClientEvent::Connected)), "{event:?}");
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert!(child.wait().unwrap().success());
    client.close().await;
}

#[tokio::test]
async fn a_port_in_use_is_a_clear_sentence() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut child = serve(&["--insecure-plain", "--listen", &taken.local_addr().unwrap().to_string()]);
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains("is in use by another program"), "{said}");
}
