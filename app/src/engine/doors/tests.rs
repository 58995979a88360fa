//! Doors of real servers: the meeting is found behind whichever it is, and what was tried in vain is told.

use std::time::Duration;

use nonet_signaling::protocol::{DisplayName, Fingerprint, MeetingCode, ParticipantId, Security, VERSION};
use nonet_signaling::random;
use nonet_signaling::server::{Certificate, Server, ServerConfig};
use tokio::time::timeout;

use super::*;

const PATIENCE: Duration = Duration::from_secs(20);

async fn server() -> (Server, ServerAddress) {
    let listen = ([127, 0, 0, 1], 0).into();
    let server = Server::start(ServerConfig::new(listen, Some(Certificate::ephemeral().unwrap()))).await.unwrap();
    let security = Security::Pinned(server.fingerprint().unwrap());
    let address = ServerAddress::new("127.0.0.1", server.local_addr().port(), security).unwrap();
    (server, address)
}

/// A server's address where there is none.
fn closed_door() -> ServerAddress {
    ServerAddress::new("127.0.0.1", 1, Security::Pinned(Fingerprint([0; 32]))).unwrap()
}

/// Doors whose finds are told by the test.
fn doors(server: Option<&ServerAddress>) -> (Doors, mpsc::Sender<ServerAddress>) {
    let (finder, places) = mpsc::channel(4);
    (Doors::several(server.cloned(), Some((None, places))), finder)
}

/// Opens a meeting; it lasts as long as the doors.
async fn meeting_at(address: &ServerAddress) -> (Doors, MeetingCode) {
    let mut host = Doors::only(address.clone());
    match enter(&mut host, None).await {
        Ok((code, _)) => (host, code),
        Err(why) => panic!("{why}"),
    }
}

/// Knocks until one is in, or nowhere.
async fn enter(doors: &mut Doors, code: Option<MeetingCode>) -> Result<(MeetingCode, ParticipantId), String> {
    let (name, token) = (DisplayName::new("Ana"), random::resume_token());
    let (version, microphone, camera) = (VERSION, false, false);
    let knock = match code {
        None => ClientMessage::Create { version, name, microphone, camera, token },
        Some(code) => {
            ClientMessage::Join { version, code, name, microphone, camera, token, link_key: None, last_chat: 0 }
        }
    };
    loop {
        match timeout(PATIENCE, doors.hear()).await.expect("something happens") {
            Heard::Event(ClientEvent::Connected) => doors.send(knock.clone()),
            Heard::Event(ClientEvent::Received(ServerMessage::Welcome { code, you, .. })) => return Ok((code, you)),
            Heard::Nowhere(why) => return Err(why.to_string()),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn the_meeting_is_joined_where_it_was_found_although_the_configured_server_has_it_not() {
    let ((_a, here), (_b, there)) = (server().await, server().await);
    let (_host, code) = meeting_at(&there).await;
    let (mut doors, finder) = doors(Some(&here));
    finder.send(there.clone()).await.unwrap();
    assert_eq!(enter(&mut doors, Some(code)).await, Ok((code, ParticipantId(2))));
    assert_eq!(doors.address(), Some(&there));
    assert!(finder.is_closed(), "nothing more is looked for");
}

#[tokio::test]
async fn the_configured_server_wins_while_the_network_is_still_searched() {
    let (_server, here) = server().await;
    let (_host, code) = meeting_at(&here).await;
    let (mut doors, finder) = doors(Some(&here));
    assert_eq!(enter(&mut doors, Some(code)).await, Ok((code, ParticipantId(2))));
    assert_eq!((doors.address(), finder.is_closed()), (Some(&here), true));
}

#[tokio::test]
async fn a_place_that_cannot_be_joined_does_not_hide_the_one_that_can() {
    let (_server, there) = server().await;
    let (_host, code) = meeting_at(&there).await;
    // Who repeats a host's announcement with another address has not its key.
    let liar = ServerAddress::new("127.0.0.1", there.port(), Security::Pinned(Fingerprint([9; 32]))).unwrap();
    let (mut doors, finder) = doors(None);
    for place in [closed_door(), liar, there.clone()] {
        finder.send(place).await.unwrap();
    }
    assert_eq!(enter(&mut doors, Some(code)).await, Ok((code, ParticipantId(2))));
    assert_eq!(doors.address(), Some(&there));
}

#[tokio::test]
async fn what_was_tried_in_vain_is_told() {
    let (_server, here) = server().await;
    let code = MeetingCode::from_entropy([7; 16]);
    let cases = [
        (None, None, "No meeting with this code was found on this network."),
        (
            Some(&here),
            None,
            "There is no meeting with this code. Check the code; a code dies with its meeting. Nor was the meeting found",
        ),
        (Some(&closed_door()), None, "cannot be reached: nothing listens there. Nor was the meeting found"),
        (None, Some(closed_door()), "announced on this network, but could not be joined there. The signaling server"),
    ];
    for (server, place, sentence) in cases {
        let (mut doors, finder) = doors(server);
        if let Some(place) = place {
            finder.send(place).await.unwrap();
        }
        drop(finder);
        let why = enter(&mut doors, Some(code)).await.unwrap_err();
        assert!(why.contains(sentence) && why.ends_with('.'), "{why}");
    }
}

#[tokio::test]
async fn nothing_is_given_up_while_the_network_is_still_searched() {
    let (_server, there) = server().await;
    let (_host, code) = meeting_at(&there).await;
    let (mut doors, finder) = doors(Some(&closed_door()));
    let mut entering = Box::pin(enter(&mut doors, Some(code)));
    assert!(timeout(Duration::from_millis(200), &mut entering).await.is_err(), "the closed door is not the end");
    finder.send(there).await.unwrap();
    assert_eq!(entering.await, Ok((code, ParticipantId(2))));
}

#[tokio::test]
async fn with_a_link_what_the_server_says_is_heard_as_it_is() {
    let (_server, here) = server().await;
    let mut doors = Doors::only(here);
    assert!(matches!(doors.hear().await, Heard::Event(ClientEvent::Connected)));
    let (name, token) = (DisplayName::new("Ana"), random::resume_token());
    let code = MeetingCode::from_entropy([7; 16]);
    doors.send(ClientMessage::Join {
        version: VERSION,
        code,
        name,
        microphone: false,
        camera: false,
        token,
        link_key: None,
        last_chat: 0,
    });
    let heard = doors.hear().await;
    let Heard::Event(ClientEvent::Received(ServerMessage::Error { code, .. })) = heard else { panic!("{heard:?}") };
    assert_eq!(code, ErrorCode::NoSuchMeeting);
}
