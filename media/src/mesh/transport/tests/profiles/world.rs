//! Flows, what they share, and time.

use std::time::{Duration, Instant};

use super::super::events::Events;
use super::receiving::Receiving;
use super::sending::Sending;
use crate::mesh::simulated_path::{Loss, PathConfig, SimulatedPath, TcpFlow};
use crate::mesh::transport::receiver::Message;
use crate::mesh::transport::sender::Departure;

/// What a request or a report takes on its way.
const MESSAGE_BYTES: u32 = 100;
/// How often the round trip is measured.
const REPORTS: Duration = Duration::from_secs(1);
/// How often a TCP flow is let run.
const TCP_STEP: Duration = Duration::from_millis(1);

/// Who sends on which path, and what is his own of the way.
#[derive(Clone, Copy, Debug, Default)]
pub struct FlowSetup {
    pub begins: Duration,
    /// Way beside the shared path's, in each direction.
    pub further: Duration,
    /// Index of the path of its packets. The messages take the other one.
    pub path: usize,
}

pub struct Flow {
    pub setup: FlowSetup,
    pub sending: Sending,
    pub receiving: Receiving,
}

enum Event {
    Packet(usize, Departure),
    Message(usize, Message),
    /// A measurement of a flow's round trip: to be begun, on its way there since, and on its way back since.
    Report(usize),
    ReportThere(usize, Instant),
    ReportBack(usize, Instant),
    Tcp(usize),
    Loss(Loss),
    Show(usize, bool),
}

/// A packet on a path, for the figures.
pub struct Passage {
    pub path: usize,
    pub sent_at: Instant,
    /// Waiting time at the bottleneck.
    pub waits: Duration,
    /// `None` where it was lost.
    pub arrives_at: Option<Instant>,
    pub bytes: u32,
    pub is_media: bool,
}

pub struct World {
    pub start: Instant,
    now: Instant,
    paths: Vec<SimulatedPath>,
    pub flows: Vec<Flow>,
    tcp: Vec<TcpFlow>,
    events: Events<Event>,
    pub passages: Vec<Passage>,
}

impl World {
    /// Paths there and back.
    pub fn new(paths: [PathConfig; 2], flows: &[FlowSetup], seed: u64) -> Self {
        let start = Instant::now();
        let paths = paths.into_iter().zip(seed * 2..).map(|(config, seed)| SimulatedPath::new(config, seed)).collect();
        let mut events = Events::default();
        let begin = |(index, setup): (usize, &FlowSetup)| {
            // No two runs begin alike.
            let begins = start + setup.begins + Duration::from_millis(7 * seed);
            events.push(begins, Event::Report(index));
            Flow { setup: *setup, sending: Sending::new(begins, seed + index as u64), receiving: Receiving::new() }
        };
        let flows = flows.iter().enumerate().map(begin).collect();
        Self { start, now: start, paths, flows, tcp: Vec::new(), events, passages: Vec::new() }
    }

    pub fn capacity(&mut self, path: usize, at: Duration, bps: u64) {
        self.paths[path].set_capacity(self.start + at, bps);
    }

    /// What both ways lose from a moment on.
    pub fn loss(&mut self, at: Duration, loss: Loss) {
        self.events.push(self.start + at, Event::Loss(loss));
    }

    /// Whether the pictures of a flow are shown from a moment on.
    pub fn show(&mut self, at: Duration, flow: usize, is_shown: bool) {
        self.events.push(self.start + at, Event::Show(flow, is_shown));
    }

    /// A greedy flow beside the media, of so many packets, on the first path.
    pub fn tcp(&mut self, begins: Duration, packets: u64) {
        self.events.push(self.start + begins, Event::Tcp(self.tcp.len()));
        self.tcp.push(TcpFlow::new(packets));
    }

    pub fn run_to(&mut self, until: Duration) {
        let end = self.start + until;
        while let Some(next) = self.next_at().filter(|next| *next < end) {
            self.now = next.max(self.now);
            while let Some(event) = self.events.take_due(self.now) {
                self.happens(event);
            }
            for index in 0..self.flows.len() {
                let flow = &mut self.flows[index];
                if flow.sending.next_at(self.now) <= self.now {
                    self.send(index);
                }
                let receiving = &mut self.flows[index].receiving;
                if receiving.next_at().is_some_and(|at| at <= self.now) {
                    let messages = receiving.advance(self.now);
                    self.say(index, messages);
                }
            }
        }
        self.now = end;
    }

    fn next_at(&self) -> Option<Instant> {
        let flows = self
            .flows
            .iter()
            .flat_map(|flow| std::iter::once(flow.sending.next_at(self.now)).chain(flow.receiving.next_at()));
        flows.chain(self.events.next_at()).min()
    }

    fn happens(&mut self, event: Event) {
        let now = self.now;
        match event {
            Event::Packet(index, departure) => {
                let messages = self.flows[index].receiving.packet(now, departure);
                self.say(index, messages);
            }
            Event::Message(index, message) => {
                self.flows[index].sending.message(now, message);
                self.send(index);
            }
            Event::Report(index) => {
                self.events.push(now + REPORTS, Event::Report(index));
                let path = self.flows[index].setup.path;
                self.transmit(index, path, MESSAGE_BYTES, false, Event::ReportThere(index, now));
            }
            Event::ReportThere(index, sent_at) => {
                let back = 1 - self.flows[index].setup.path;
                self.transmit(index, back, MESSAGE_BYTES, false, Event::ReportBack(index, sent_at));
            }
            Event::ReportBack(index, sent_at) => {
                let flow = &mut self.flows[index];
                let round_trip = flow.sending.measured(now, now - sent_at);
                flow.receiving.set_round_trip(round_trip);
            }
            Event::Tcp(index) => {
                for (waits, arrives_at, bytes) in self.tcp[index].step(now, &mut self.paths[0]) {
                    let (arrives_at, sent_at) = (Some(arrives_at), now);
                    self.passages.push(Passage { path: 0, sent_at, waits, arrives_at, bytes, is_media: false });
                }
                self.events.push(now + TCP_STEP, Event::Tcp(index));
            }
            Event::Loss(loss) => self.paths.iter_mut().for_each(|path| path.set_loss(loss)),
            Event::Show(index, is_shown) => {
                self.flows[index].sending.show(now, is_shown);
                self.flows[index].receiving.freezes.set_paused(!is_shown);
            }
        }
    }

    fn send(&mut self, index: usize) {
        self.flows[index].sending.advance(self.now);
        while let Some(departure) = self.flows[index].sending.poll(self.now) {
            let (path, bytes) = (self.flows[index].setup.path, departure.packet.wire_bytes());
            self.transmit(index, path, bytes, true, Event::Packet(index, departure));
        }
    }

    fn say(&mut self, index: usize, messages: Vec<Message>) {
        let back = 1 - self.flows[index].setup.path;
        for message in messages {
            self.transmit(index, back, MESSAGE_BYTES, false, Event::Message(index, message));
        }
    }

    fn transmit(&mut self, index: usize, path: usize, bytes: u32, is_media: bool, event: Event) {
        let waits = self.paths[path].queueing_delay(self.now);
        let arrives_at = self.paths[path].send(self.now, bytes).map(|at| at + self.flows[index].setup.further);
        self.passages.push(Passage { path, sent_at: self.now, waits, arrives_at, bytes, is_media });
        if let Some(at) = arrives_at {
            self.events.push(at, event);
        }
    }
}
