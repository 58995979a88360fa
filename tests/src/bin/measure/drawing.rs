//! Nine tiles of 1280×720, each with a new picture at every paint.

use nonet_tests::drawing::{Stage, mean_time, pictures};

/// Draws them in windows of some sizes and prints a table.
pub fn print() {
    let pictures = pictures();
    let megabytes = pictures[0].iter().map(|picture| picture.y().len() * 3 / 2).sum::<usize>() as f64 / 1e6;
    println!(
        "\n| Nine tiles of 1280×720, window | driver | upload ms ({megabytes:.1} MB) | upload and draw ms | paints a second |"
    );
    println!("|---|---|---|---|---|");
    for (width, height) in [(1280, 720), (1920, 1080)] {
        let stage = Stage::new(width, height);
        let uploading = mean_time(&pictures, |pictures| stage.upload(pictures));
        let painting = mean_time(&pictures, |pictures| stage.paint(pictures));
        println!(
            "| {width}×{height} | {} | {:.2} | {:.2} | {:.0} |",
            stage.adapter(),
            uploading.as_secs_f64() * 1000.0,
            painting.as_secs_f64() * 1000.0,
            1.0 / painting.as_secs_f64()
        );
    }
}
