//! What the person sees and listeners hear of the call: notices, events and the view.

use std::sync::Arc;
use std::time::Instant;

use super::Call;
use crate::engine::{self, Event, picture};
use crate::view::{Notice, NoticeKind, Screen, View};

impl Call<'_> {
    /// Tells the person what is new of a device, if anything is.
    pub(super) fn say(&mut self, news: Option<(NoticeKind, String)>) {
        if let Some((kind, text)) = news {
            tracing::info!("{text}");
            self.notice(kind, text);
        }
    }

    /// Says something in a sentence. Being in the meeting is always the first event, so what comes before it waits.
    pub(super) fn notice(&mut self, kind: NoticeKind, text: String) {
        if self.joined_at.is_some() {
            self.emit(Event::Notice { text: text.clone() });
        }
        if self.notices.len() == View::MAX_NOTICES {
            self.notices.remove(0);
        }
        self.notices.push(Notice { number: self.next_notice, kind, text, at: Instant::now() });
        self.next_notice += 1;
    }

    /// Tells listeners.
    pub(super) fn emit(&self, event: Event) {
        engine::emit(&self.events, event);
    }

    /// Shows the meeting; before it is joined, what is shown stays.
    pub(super) fn publish(&self) {
        self.renew_view();
        if self.joined_at.is_some() {
            (self.view_changed)();
        }
    }

    /// Has the view ready for whoever looks, and wakes nobody.
    pub(super) fn renew_view(&self) {
        let Some(joined_at) = self.joined_at else { return };
        let meeting = picture::meeting(
            self.meeting.state(),
            &self.session,
            picture::Own { settings: self.desk.settings(), microphone: &self.microphone, camera: &self.camera },
            &self.address,
            joined_at,
            self.statistics.history(),
        );
        let sound = self.desk.view(Some((self.session.sound(), &self.microphone, &self.speaker)));
        let (camera, appearance) = (self.desk.view_camera(Some(&self.camera)), self.desk.settings().appearance);
        let (screen, notices) = (Screen::Meeting(meeting), self.notices.clone());
        let kept = self.desk.view_kept(&self.name);
        let view = View { screen, notices, sound, camera, appearance, kept };
        self.publisher.send_replace(Arc::new(view));
    }
}
