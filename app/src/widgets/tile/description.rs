//! What a tile says to those who listen rather than look: everything that is seen on it.

use super::{Face, is_silenced, rise, stands_still};
use crate::text::Texts;
use crate::view::{Connection, QualityGrade};
use crate::widgets::reaction;

/// In the order of mattering.
pub fn of(texts: Texts, face: &Face<'_>) -> String {
    let participant = face.participant;
    let stage = texts.stage();
    let name = if participant.is_self { texts.common().you() } else { &participant.name };
    let states = [
        Some(name),
        participant.is_host.then(|| stage.is_host()),
        participant.speaking.then(|| stage.is_speaking()),
        (!participant.microphone_on).then(|| stage.microphone_off()),
        is_silenced(participant).then(|| stage.not_heard()),
        (!participant.camera_on).then(|| stage.camera_off()),
        match participant.connection {
            Connection::Connecting => Some(stage.is_connecting()),
            Connection::Reconnecting { .. } => Some(stage.is_reconnecting()),
            Connection::Connected => stands_still(participant, face.picture).then(|| stage.picture_stands_still()),
        },
        face.is_pinned.then(|| stage.is_pinned()),
    ];
    let quality = participant.quality.as_ref().and_then(|quality| {
        let grade = match quality.grade {
            QualityGrade::Good => return None,
            QualityGrade::Fair => stage.fair_connection(),
            QualityGrade::Poor => stage.poor_connection(),
        };
        Some(match &quality.why {
            Some(why) => format!("{grade}: {why}"),
            None => grade.to_owned(),
        })
    });
    let reactions = face
        .reactions
        .iter()
        .filter(|reaction| reaction.participant == participant.id && rise::left(reaction, face.now).is_some());
    let reactions = reactions.map(|reaction| reaction::name(reaction.kind, stage).to_owned());
    let said = states.into_iter().flatten().map(str::to_owned);
    let said = said.chain(participant.hand.map(|place| stage.hand_raised(place))).chain(reactions).chain(quality);
    said.collect::<Vec<_>>().join(", ")
}
