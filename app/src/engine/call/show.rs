//! What the person sees and listeners hear of the call: notices, events and the view.

use std::sync::Arc;
use std::time::Instant;

use nonet_signaling::meeting::Stage;

use super::Call;
use crate::engine::own_device::News;
use crate::engine::{self, Event, picture};
use crate::text::{Language, Said, Texts};
use crate::view::{Notice, NoticeKind, Screen, View};

impl Call<'_> {
    /// Tells the person what is new of a device, if anything is.
    pub(super) fn say(&mut self, news: Option<News>) {
        if let Some(news) = news {
            tracing::info!("{}", news.told(Texts::new(Language::English)));
            self.notice(news.notice_kind(), |texts| news.told(texts));
        }
    }

    /// Says something in a sentence. It is not logged, since it may name people. Being in the meeting is always the first event, so what comes before it waits.
    pub(super) fn notice(&mut self, kind: NoticeKind, say: impl Fn(Texts) -> String) {
        let Said { english, shown } = self.desk.said(say);
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
        if self.joined_at.is_some() || self.is_waiting() {
            (self.view_changed)();
        }
    }

    /// Has the view ready for whoever looks, and wakes nobody.
    pub(super) fn renew_view(&self) {
        let own = picture::Own { desk: self.desk, microphone: &self.microphone, camera: &self.camera };
        let state = self.meeting.state();
        let screen = match (&state.stage, self.joined_at) {
            (Stage::Waiting { since, host_present }, _) => {
                Screen::Waiting(picture::waiting(state, &self.session, own, *since, *host_present))
            }
            (_, None) => return,
            (_, Some(joined_at)) => {
                let Some(address) = self.doors.address() else { return };
                Screen::Meeting(picture::meeting(
                    state,
                    &self.session,
                    own,
                    picture::Course {
                        address,
                        ends_with_me: self.server.is_some(),
                        joined_at,
                        statistics: self.statistics.history(),
                        judge: self.receptions.judge(),
                        chat: &self.together.chat,
                        reactions: &self.together.reactions,
                    },
                ))
            }
        };
        let sound = self.desk.view(Some((self.session.sound(), &self.microphone, &self.speaker)));
        let (camera, appearance) = (self.desk.view_camera(Some(&self.camera)), self.desk.settings().appearance);
        let (notices, shortcuts) = (self.notices.clone(), self.desk.settings().shortcuts.clone());
        let kept = self.desk.view_kept(&self.name);
        let view = View { screen, notices, sound, camera, appearance, shortcuts, kept };
        self.publisher.send_replace(Arc::new(view));
    }
}
