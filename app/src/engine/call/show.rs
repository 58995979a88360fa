//! What the person sees and listeners hear of the call: notices, events and the view.

use std::sync::Arc;
use std::time::Instant;

use super::Call;
use crate::engine::own_device::News;
use crate::engine::{self, Event, picture};
use crate::text::{Said, Texts};
use crate::view::{Notice, NoticeKind, Screen, View};

impl Call<'_> {
    /// Tells the person what is new of a device, if anything is.
    pub(super) fn say(&mut self, news: Option<News>) {
        if let Some(news) = news {
            self.notice(news.notice_kind(), |texts| news.told(texts));
        }
    }

    /// Says something in a sentence. Being in the meeting is always the first event, so what comes before it waits.
    pub(super) fn notice(&mut self, kind: NoticeKind, say: impl Fn(Texts) -> String) {
        let Said { english, shown } = self.desk.said(say);
        tracing::info!("{english}");
        if self.joined_at.is_some() {
            self.emit(Event::Notice { text: english });
        } else if self.untold.len() < View::MAX_NOTICES {
            self.untold.push(english);
        }
        if self.notices.len() == View::MAX_NOTICES {
            self.notices.remove(0);
        }
        self.notices.push(Notice { number: self.next_notice, kind, text: shown, at: Instant::now() });
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
            picture::Own { desk: self.desk, microphone: &self.microphone, camera: &self.camera },
            &self.address,
            joined_at,
            self.statistics.history(),
            self.receptions.judge(),
        );
        let sound = self.desk.view(Some((self.session.sound(), &self.microphone, &self.speaker)));
        let (camera, appearance) = (self.desk.view_camera(Some(&self.camera)), self.desk.settings().appearance);
        let (screen, notices) = (Screen::Meeting(meeting), self.notices.clone());
        let view = View { screen, notices, sound, camera, appearance };
        self.publisher.send_replace(Arc::new(view));
    }
}
