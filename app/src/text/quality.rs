//! Why somebody is not received well, and what helps.

use super::texts;
use crate::quality::{Cause, Grade};

texts! {
    /// Causes as sentences without a full stop, as they stand beside a name or a grade.
    Quality {
        good: "Good", "Gut";
        fair: "Fair", "Mäßig";
        poor: "Poor", "Schlecht";
        unknown: "Unknown", "Unbekannt";
        their_uplink_loses(name: &str): format!("{name}’s uplink is losing packets"), format!("Der Uplink von {name} verliert Pakete");
        their_link_is_slow(name: &str): format!("{name}’s uplink is slow"), format!("Der Uplink von {name} ist langsam");
        their_computer(name: &str): format!("{name}’s computer cannot keep up"), format!("Der Rechner von {name} kommt nicht hinterher");
        your_downlink_loses: "Your downlink is losing packets", "Dein Downlink verliert Pakete";
        your_downlink_is_slow: "Your downlink is slow", "Dein Downlink ist langsam";
        your_uplink_loses: "Your uplink is losing packets", "Dein Uplink verliert Pakete";
        your_uplink_is_slow: "Your uplink is slow", "Dein Uplink ist langsam";
        your_computer: "Your computer cannot keep up", "Dein Rechner kommt nicht hinterher";
        long_way(name: &str): format!("It is a long way to {name}"), format!("Der Weg zu {name} ist weit");
        loss_between(name: &str): format!("Packets are lost between you and {name}"), format!("Zwischen dir und {name} gehen Pakete verloren");
        slowness_between(name: &str): format!("The connection between you and {name} is slow"), format!("Die Verbindung zwischen dir und {name} ist langsam");
        loss_to_the_other: "Packets are lost between you and the other", "Zwischen euch gehen Pakete verloren";
        slowness_to_the_other: "The connection between you is slow", "Die Verbindung zwischen euch ist langsam";
        help_network: "Move closer to the router, use a cable, or end downloads.", "Geh näher an den Router, nimm ein Kabel oder beende Downloads.";
        help_computer: "Close other programs, or turn your camera off.", "Schließe andere Programme oder schalte deine Kamera aus.";
    }
}

impl Quality {
    /// Why somebody of this name is not received well.
    pub fn why(self, cause: Cause, name: &str) -> String {
        match cause {
            Cause::TheirUplinkLoses => self.their_uplink_loses(name),
            Cause::TheirLinkIsSlow => self.their_link_is_slow(name),
            Cause::TheirComputer => self.their_computer(name),
            Cause::LongWay => self.long_way(name),
            Cause::LossBetween => self.loss_between(name),
            Cause::SlownessBetween => self.slowness_between(name),
            ours => self.why_own(ours).to_owned(),
        }
    }

    /// Why oneself is not connected well.
    pub fn why_own(self, cause: Cause) -> &'static str {
        match cause {
            Cause::YourDownlinkLoses => self.your_downlink_loses(),
            Cause::YourDownlinkIsSlow => self.your_downlink_is_slow(),
            Cause::YourUplinkLoses | Cause::TheirUplinkLoses => self.your_uplink_loses(),
            Cause::YourUplinkIsSlow | Cause::TheirLinkIsSlow => self.your_uplink_is_slow(),
            Cause::YourComputer | Cause::TheirComputer => self.your_computer(),
            Cause::LossBetween => self.loss_to_the_other(),
            Cause::SlownessBetween | Cause::LongWay => self.slowness_to_the_other(),
        }
    }

    /// What one can do about what is wrong at one's own end; none where it is not.
    pub fn help(self, cause: Cause) -> Option<&'static str> {
        match cause {
            Cause::YourDownlinkLoses | Cause::YourDownlinkIsSlow | Cause::YourUplinkLoses | Cause::YourUplinkIsSlow => {
                Some(self.help_network())
            }
            Cause::YourComputer => Some(self.help_computer()),
            _ => None,
        }
    }

    /// A grade in a word; none is unknown.
    pub fn grade(self, grade: Option<Grade>) -> &'static str {
        match grade {
            Some(Grade::Good) => self.good(),
            Some(Grade::Fair) => self.fair(),
            Some(Grade::Poor) => self.poor(),
            None => self.unknown(),
        }
    }
}
