//! How the window keeps up, in the statistics.

use super::texts;
use crate::frame_times::WindowFigures;

texts! {
    /// See the module's description.
    Frames {
        window(figures: WindowFigures): {
            let WindowFigures { ui_frame_ms: ms, repaints_per_second, pictures_arrived, pictures_shown } = figures;
            format!(
                "Window: {repaints_per_second:.0} paints a second, of {:.1} ms (95 of 100 within {:.1}, at most {:.1}), {pictures_shown} of {pictures_arrived} pictures shown",
                ms.p50, ms.p95, ms.max,
            )
        }, {
            let WindowFigures { ui_frame_ms: ms, repaints_per_second, pictures_arrived, pictures_shown } = figures;
            format!(
                "Fenster: {repaints_per_second:.0}-mal pro Sekunde gezeichnet, je {:.1} ms (95 von 100 bis {:.1}, höchstens {:.1}), {pictures_shown} von {pictures_arrived} Bildern gezeigt",
                ms.p50, ms.p95, ms.max,
            )
        };
    }
}
