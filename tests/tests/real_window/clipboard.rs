//! What was copied on a display, as a program reads it that something is pasted into.

use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, CreateWindowAux, WindowClass};

/// From one try to the next.
const TRY_INTERVAL: Duration = Duration::from_millis(100);

/// The text in the clipboard of a display, once there is one.
///
/// # Panics
///
/// When there is none within `patience`.
pub fn text(display: &str, patience: Duration) -> String {
    let end = Instant::now() + patience;
    loop {
        match pasted(display).expect("the display is there") {
            Some(text) => return text,
            None => assert!(Instant::now() < end, "nothing was copied within {patience:?}"),
        }
        std::thread::sleep(TRY_INTERVAL);
    }
}

fn pasted(display: &str) -> Result<Option<String>, Box<dyn std::error::Error>> {
    let (connection, screen) = x11rb::connect(Some(display))?;
    let root = connection.setup().roots.get(screen).ok_or("no screen")?.root;
    let window = connection.generate_id()?;
    let (class, look) = (WindowClass::INPUT_ONLY, CreateWindowAux::new());
    connection.create_window(0, window, root, 0, 0, 1, 1, 0, class, 0, &look)?;
    let atom = |name: &str| -> Result<u32, Box<dyn std::error::Error>> {
        Ok(connection.intern_atom(false, name.as_bytes())?.reply()?.atom)
    };
    let (clipboard, text, place) = (atom("CLIPBOARD")?, atom("UTF8_STRING")?, atom("PASTED")?);
    connection.convert_selection(window, clipboard, text, place, x11rb::CURRENT_TIME)?;
    connection.flush()?;
    loop {
        if let Event::SelectionNotify(event) = connection.wait_for_event()? {
            if event.property == x11rb::NONE {
                return Ok(None);
            }
            let property = connection.get_property(true, window, place, AtomEnum::ANY, 0, u32::MAX / 4)?.reply()?;
            return Ok(Some(String::from_utf8(property.value)?));
        }
    }
}
