//! Whether a sound device still works, by the samples that it moves and the errors that it gives.
//!
//! Some say when they are gone. Others say nothing, or complain and may yet go on, or complain for ever: only time tells. Told
//! the time; knows no device.

use std::time::{Duration, Instant};

/// A device that moves no sample for this long has stopped working, even if it does not say so.
const STANDSTILL: Duration = Duration::from_secs(3);

/// A device is starting for so long.
const START: Duration = Duration::from_secs(3);

/// [`STANDSTILL`] after an error that a device may go on from while it is starting: PulseAudio's give some for up to 2 s.
const STANDSTILL_AT_START: Duration = Duration::from_millis(2_200);

/// The same of one that has run. What a sound server has taken away gives errors from then on, and nothing else.
const STANDSTILL_AFTER_ERROR: Duration = Duration::from_millis(300);

/// Why a device is of no use any more.
#[derive(Debug)]
pub(super) enum Fault {
    /// It says so itself, or has stood still since it said so.
    Error(cpal::Error),
    /// It has stood still without a word.
    StandsStill,
}

/// See the module's description.
#[derive(Debug)]
pub(super) struct Watch {
    opened_at: Instant,
    moved_at: Instant,
    /// An error that may pass, since the device last moved a sample.
    complaint: Option<cpal::Error>,
}

impl Watch {
    /// Over a device that was just opened.
    pub(super) fn new(now: Instant) -> Self {
        Self { opened_at: now, moved_at: now, complaint: None }
    }

    /// When the device last moved a sample, as far as it was looked at, or was opened.
    pub(super) fn moved_at(&self) -> Instant {
        self.moved_at
    }

    /// Looks at the device: whether it has moved samples since the last time, and what it complains of.
    pub(super) fn look(&mut self, now: Instant, moved: bool, error: Option<cpal::Error>) -> Result<(), Fault> {
        use cpal::ErrorKind::{DeviceNotAvailable, HostUnavailable, PermissionDenied, StreamInvalidated};
        if moved {
            self.moved_at = now;
            self.complaint = None;
        }
        if let Some(error) = error {
            if matches!(error.kind(), DeviceNotAvailable | HostUnavailable | PermissionDenied | StreamInvalidated) {
                return Err(Fault::Error(error));
            }
            self.complaint = Some(error);
        }
        let has_run = self.moved_at.saturating_duration_since(self.opened_at) > START;
        let patience = match self.complaint {
            None => STANDSTILL,
            Some(_) if has_run => STANDSTILL_AFTER_ERROR,
            Some(_) => STANDSTILL_AT_START,
        };
        if now.saturating_duration_since(self.moved_at) <= patience {
            return Ok(());
        }
        Err(self.complaint.take().map_or(Fault::StandsStill, Fault::Error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cpal::ErrorKind;

    const MS: Duration = Duration::from_millis(1);

    /// How long it takes to give up a device that runs for a while and then moves nothing more, giving this error at every look.
    fn given_up_after(running: Duration, error: Option<ErrorKind>) -> Duration {
        let start = Instant::now();
        let mut watch = Watch::new(start);
        let stopped_at = start + running;
        assert!(watch.look(stopped_at, true, None).is_ok());
        let mut stood = Duration::ZERO;
        while let Ok(()) = watch.look(stopped_at + stood, false, error.map(cpal::Error::from)) {
            stood += 5 * MS;
        }
        stood
    }

    #[test]
    fn a_device_that_was_taken_away_is_given_up_at_once_and_one_that_only_complains_soon() {
        let running = 10_000 * MS;
        assert_eq!(given_up_after(running, Some(ErrorKind::DeviceNotAvailable)), Duration::ZERO);
        assert_eq!(given_up_after(running, Some(ErrorKind::BackendError)), STANDSTILL_AFTER_ERROR + 5 * MS);
        assert_eq!(given_up_after(running, None), STANDSTILL + 5 * MS);
    }

    #[test]
    fn a_device_that_starts_may_complain_for_longer() {
        let while_starting = given_up_after(1_000 * MS, Some(ErrorKind::BackendError));
        assert_eq!(while_starting, STANDSTILL_AT_START + 5 * MS);
    }

    #[test]
    fn a_device_that_goes_on_after_an_error_is_kept() {
        let start = Instant::now();
        let mut watch = Watch::new(start);
        for moment in 1..100 {
            let error = cpal::Error::from(ErrorKind::BackendError);
            let looked = watch.look(start + 100 * moment * MS, moment % 2 == 0, Some(error));
            assert!(looked.is_ok(), "after {moment} tenths of a second");
        }
    }

    #[test]
    fn an_error_is_forgotten_once_samples_move() {
        let start = Instant::now();
        let mut watch = Watch::new(start);
        assert!(watch.look(start + 5_000 * MS, true, Some(ErrorKind::BackendError.into())).is_ok());
        assert!(watch.look(start + 5_100 * MS, true, None).is_ok());
        assert!(watch.look(start + 8_000 * MS, false, None).is_ok());
    }
}
