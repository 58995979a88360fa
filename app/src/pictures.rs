//! The newest picture of each participant on the screen, with its textures.

use std::collections::HashMap;
use std::sync::Arc;

use nonet_media::frame::VideoFrame;
use nonet_media::latest::Latest;

use crate::gpu::tile::TilePicture;
use crate::gpu::upload::VideoTexture;
use crate::view::Participant;

/// Frames are taken when they are about to be painted; textures go when their participant does, or switches the camera off.
#[derive(Debug, Default)]
pub struct Pictures {
    by_participant: HashMap<u32, Picture>,
}

#[derive(Debug)]
struct Picture {
    /// Kept until there is a newer one: egui may ask for the same paint twice.
    frame: Arc<VideoFrame>,
    texture: Arc<VideoTexture>,
}

/// The newest picture of oneself before a meeting, as in a mirror.
#[derive(Debug, Default)]
pub struct OwnPicture(Option<Picture>);

impl OwnPicture {
    /// Takes what is new, and forgets everything while the camera is not on.
    pub fn update(&mut self, pictures: &Latest<Arc<VideoFrame>>, is_on: bool) -> Option<TilePicture> {
        // Also taken when the camera is off, so that switching it on never flashes an old picture.
        let newest = pictures.take_now();
        if !is_on {
            self.0 = None;
        } else if let Some(frame) = newest {
            match &mut self.0 {
                Some(picture) => picture.frame = frame,
                None => self.0 = Some(Picture { frame, texture: Arc::default() }),
            }
        }
        let picture = self.0.as_ref()?;
        Some(TilePicture { frame: picture.frame.clone(), texture: picture.texture.clone(), mirror: true })
    }
}

impl Pictures {
    /// Takes what is new from those who are shown, and forgets everybody else.
    pub fn update<'a>(&mut self, shown: impl IntoIterator<Item = &'a Participant> + Clone) {
        self.by_participant.retain(|id, _| {
            shown.clone().into_iter().any(|participant| participant.id == *id && participant.camera_on)
        });
        for participant in shown {
            // Also taken when the camera is off, so that switching it on never flashes an old picture.
            let newest = participant.pictures.take_now();
            let Some(frame) = newest.filter(|_| participant.camera_on) else { continue };
            match self.by_participant.get_mut(&participant.id) {
                Some(picture) => picture.frame = frame,
                None => {
                    let picture = Picture { frame, texture: Arc::default() };
                    self.by_participant.insert(participant.id, picture);
                }
            }
        }
    }

    /// What to draw for a participant; one sees oneself as in a mirror.
    pub fn of(&self, participant: &Participant) -> Option<TilePicture> {
        let picture = self.by_participant.get(&participant.id)?;
        Some(TilePicture {
            frame: picture.frame.clone(),
            texture: picture.texture.clone(),
            mirror: participant.is_self,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{Connection, Motion};
    use nonet_media::frame::{ColorSpace, FramePool};
    use std::time::Instant;

    fn participant(id: u32, camera_on: bool) -> Participant {
        Participant {
            id,
            name: "Ana".into(),
            is_self: false,
            is_host: false,
            microphone_on: true,
            camera_on,
            speaking: false,
            connection: Connection::Connected,
            motion: Motion::Live,
            pictures: Latest::new(),
            volume_percent: 100,
            hand: None,
            quality: None,
        }
    }

    fn frame() -> Arc<VideoFrame> {
        Arc::new(FramePool::new().frame(2, 2, ColorSpace::DEFAULT, Instant::now()))
    }

    #[test]
    fn the_newest_frame_stays_until_there_is_a_newer_one() {
        let mut pictures = Pictures::default();
        let ana = participant(1, true);
        assert!(pictures.of(&ana).is_none());
        ana.pictures.publish(frame());
        pictures.update(std::slice::from_ref(&ana));
        let first = pictures.of(&ana).unwrap();
        pictures.update(std::slice::from_ref(&ana));
        let again = pictures.of(&ana).unwrap();
        assert!(Arc::ptr_eq(&first.frame, &again.frame) && Arc::ptr_eq(&first.texture, &again.texture));
        ana.pictures.publish(frame());
        pictures.update(std::slice::from_ref(&ana));
        let next = pictures.of(&ana).unwrap();
        assert!(!Arc::ptr_eq(&first.frame, &next.frame) && Arc::ptr_eq(&first.texture, &next.texture));
    }

    #[test]
    fn ones_own_picture_goes_when_the_camera_does_and_no_old_one_comes_back() {
        let (mut own, pictures) = (OwnPicture::default(), Latest::new());
        pictures.publish(frame());
        assert!(own.update(&pictures, true).is_some_and(|picture| picture.mirror));
        assert!(own.update(&pictures, true).is_some(), "it stays until there is a newer one");
        pictures.publish(frame());
        assert!(own.update(&pictures, false).is_none());
        assert!(own.update(&pictures, true).is_none());
    }

    #[test]
    fn textures_are_freed_when_their_participant_goes() {
        let mut pictures = Pictures::default();
        let (ana, ben) = (participant(1, true), participant(2, true));
        ana.pictures.publish(frame());
        ben.pictures.publish(frame());
        pictures.update(&[ana.clone(), ben.clone()]);
        let texture = Arc::downgrade(&pictures.of(&ana).unwrap().texture);
        pictures.update(std::slice::from_ref(&ben));
        assert!(texture.upgrade().is_none());
        assert!(pictures.of(&ben).is_some());
    }

    #[test]
    fn a_camera_that_was_switched_off_leaves_no_picture_behind() {
        let mut pictures = Pictures::default();
        let mut ana = participant(1, true);
        ana.pictures.publish(frame());
        pictures.update(std::slice::from_ref(&ana));
        ana.camera_on = false;
        ana.pictures.publish(frame());
        pictures.update(std::slice::from_ref(&ana));
        ana.camera_on = true;
        pictures.update(std::slice::from_ref(&ana));
        assert!(pictures.of(&ana).is_none());
    }
}
