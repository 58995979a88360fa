//! The doors that one knocks at to get into a meeting: a server's, or, with a code alone, the configured server's and at the same
//! time those of hosts that were found on this network. The first behind which the meeting is gets gone through.
//!
//! Owns the connections to the servers. What is said over them is the meeting's, which hears of one door at a time.

use std::future::poll_fn;
use std::task::{Context, Poll};

use nonet_signaling::client::{Client, ClientEvent, ConnectError, DisconnectReason};
use nonet_signaling::discovery::Search;
use nonet_signaling::meeting::EndReason;
use nonet_signaling::protocol::{ClientMessage, ErrorCode, ServerAddress, ServerMessage};
use thiserror::Error;
use tokio::sync::mpsc;

/// What is heard at the doors.
#[derive(Debug)]
pub(super) enum Heard {
    /// At the door that is knocked at, or that one went through.
    Event(ClientEvent),
    /// There is no door left, and the meeting was behind none.
    Nowhere(NotFound),
    /// The connection behind the door that one went through is no more.
    End,
}

/// Why a code led nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotFound {
    #[error(
        "No meeting with this code was found on this network. Check the code, and that the host is on the same network. From elsewhere, ask for the link (nonet://…), or name the server with --server or in the settings."
    )]
    Nowhere,
    #[error("{0} Nor was the meeting found on this network.")]
    NotOnServer(WhyNot),
    #[error("The meeting was announced on this network, but could not be joined there. {0}")]
    NotWhereAnnounced(WhyNot),
}

/// Why a server was of no use.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WhyNot {
    #[error("{0}")]
    Unreachable(ConnectError),
    #[error("{0}")]
    Refused(EndReason),
    #[error("{0}")]
    Lost(DisconnectReason),
}

/// Servers that are found one after the other, until no more will be; with what looks for them.
type Places = (Option<Search>, mpsc::Receiver<ServerAddress>);

/// See the module's description.
#[derive(Debug)]
pub(super) struct Doors {
    /// In order of knocking; none where the meeting turned out not to be.
    doors: Vec<Option<Door>>,
    /// The one that was heard last: what is said is said there.
    current: usize,
    places: Option<Places>,
    /// Whether it is decided which door it is.
    is_chosen: bool,
    /// Why what was found on this network was of no use.
    found: Option<WhyNot>,
    /// Why the configured server was of no use.
    refused: Option<WhyNot>,
}

#[derive(Debug)]
struct Door {
    address: ServerAddress,
    client: Client,
    events: mpsc::Receiver<ClientEvent>,
    was_found: bool,
}

impl Door {
    fn new(address: ServerAddress, was_found: bool) -> Self {
        let (client, events) = Client::start(address.clone());
        Self { address, client, events, was_found }
    }
}

impl Doors {
    /// The one door of a link, or of one's own meeting.
    pub fn only(address: ServerAddress) -> Self {
        Self { is_chosen: true, ..Self::several(Some(address), None) }
    }

    /// The door of the server on which codes are looked up, if there is one, and those that are found.
    pub fn of_code(server: Option<ServerAddress>, search: Search, places: mpsc::Receiver<ServerAddress>) -> Self {
        Self::several(server, Some((Some(search), places)))
    }

    fn several(server: Option<ServerAddress>, places: Option<Places>) -> Self {
        let doors = server.map(|address| Some(Door::new(address, false))).into_iter().collect();
        Self { doors, current: 0, places, is_chosen: false, found: None, refused: None }
    }

    /// The server that one is at.
    pub fn address(&self) -> Option<&ServerAddress> {
        self.current().map(|door| &door.address)
    }

    /// Says something at the door that was heard last.
    pub fn send(&self, message: ClientMessage) {
        if let Some(door) = self.current() {
            door.client.send(message);
        }
    }

    /// Waits for what happens next. Nothing is lost if the waiting is given up.
    pub async fn hear(&mut self) -> Heard {
        loop {
            let happened = poll_fn(|context| self.poll(context)).await;
            let heard = match happened {
                Happened::At(door, event) if self.is_chosen => {
                    self.current = door;
                    Some(event.map_or(Heard::End, Heard::Event))
                }
                Happened::At(door, event) => self.knocked(door, event),
                Happened::Found(Some(address)) => {
                    tracing::debug!(%address, "the meeting may be there");
                    self.doors.push(Some(Door::new(address, true)));
                    None
                }
                Happened::Found(None) => {
                    self.places = None;
                    self.nowhere()
                }
            };
            if let Some(heard) = heard {
                return heard;
            }
        }
    }

    /// Says at the door what is still to be said, and closes it.
    pub async fn close(mut self) {
        if let Some(door) = self.doors.get_mut(self.current).and_then(Option::take) {
            door.client.close().await;
        }
    }

    fn current(&self) -> Option<&Door> {
        self.doors.get(self.current).and_then(Option::as_ref)
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Happened> {
        for (index, door) in self.doors.iter_mut().enumerate() {
            if let Some(door) = door
                && let Poll::Ready(event) = door.events.poll_recv(context)
            {
                return Poll::Ready(Happened::At(index, event));
            }
        }
        match &mut self.places {
            Some((_, places)) => places.poll_recv(context).map(Happened::Found),
            None => Poll::Pending,
        }
    }

    /// Something was heard at a door while it is not decided which one it is.
    fn knocked(&mut self, index: usize, event: Option<ClientEvent>) -> Option<Heard> {
        let why_not = match &event {
            Some(ClientEvent::Connected) => {
                self.current = index;
                return event.map(Heard::Event);
            }
            Some(ClientEvent::Received(ServerMessage::Error { code, message, .. }))
                if matches!(code, ErrorCode::NoSuchMeeting | ErrorCode::UnsupportedVersion) =>
            {
                WhyNot::Refused(EndReason::Refused { code: code.clone(), message: message.clone() })
            }
            // Whatever else it says, it says of this meeting.
            Some(ClientEvent::Received(_)) => {
                self.choose(index);
                return event.map(Heard::Event);
            }
            Some(ClientEvent::Disconnected { reason }) => WhyNot::Lost(reason.clone()),
            Some(ClientEvent::Unreachable { reason }) => WhyNot::Unreachable(reason.clone()),
            None => WhyNot::Lost(DisconnectReason::Closed),
        };
        if let Some(door) = self.doors[index].take() {
            let told = if door.was_found { &mut self.found } else { &mut self.refused };
            *told = Some(why_not);
        }
        self.nowhere()
    }

    fn choose(&mut self, index: usize) {
        self.is_chosen = true;
        self.places = None;
        self.current = index;
        for (number, door) in self.doors.iter_mut().enumerate() {
            if number != index {
                *door = None;
            }
        }
    }

    /// If there is no door left and none will be found: why.
    fn nowhere(&mut self) -> Option<Heard> {
        if self.places.is_some() || self.doors.iter().any(Option::is_some) {
            return None;
        }
        Some(Heard::Nowhere(match (self.found.take(), self.refused.take()) {
            (Some(why), _) => NotFound::NotWhereAnnounced(why),
            (None, Some(why)) => NotFound::NotOnServer(why),
            (None, None) => NotFound::Nowhere,
        }))
    }
}

enum Happened {
    /// At a door; its end says that there will be nothing more.
    At(usize, Option<ClientEvent>),
    Found(Option<ServerAddress>),
}

#[cfg(test)]
mod tests;
