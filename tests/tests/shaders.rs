//! The shaders in `shaders/`: valid, and drawing what their Rust twins say, on the software driver.

use std::sync::Arc;
use std::time::Instant;

use egui::{Color32, Rect, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::wgpu::{WgpuTestRenderer, create_render_state, default_wgpu_setup};
use egui_wgpu::{RenderState, RendererOptions};
use nonet::gpu::reference;
use nonet::gpu::tile::{Ring, Tile, TilePicture, TileRenderer, paint_callback};
use nonet::gpu::upload::VideoTexture;
use nonet_media::frame::{ColorMatrix, ColorRange, ColorSpace, FramePool, VideoFrame};

const COLOR_SPACES: [ColorSpace; 4] = [
    ColorSpace { matrix: ColorMatrix::Bt601, range: ColorRange::Limited },
    ColorSpace { matrix: ColorMatrix::Bt601, range: ColorRange::Full },
    ColorSpace { matrix: ColorMatrix::Bt709, range: ColorRange::Limited },
    ColorSpace { matrix: ColorMatrix::Bt709, range: ColorRange::Full },
];

fn render_state() -> RenderState {
    let render_state = create_render_state(default_wgpu_setup(), RendererOptions::PREDICTABLE);
    TileRenderer::install(&render_state);
    render_state
}

/// What a window shows: rows of red, green, blue, alpha.
struct Image {
    width: usize,
    pixels: Vec<[u8; 4]>,
}

impl Image {
    fn at(&self, x: usize, y: usize) -> [u8; 4] {
        self.pixels[y * self.width + x]
    }
}

/// Draws tiles into a window of this size in pixels, on a transparent ground.
fn draw(width: u32, height: u32, tiles: Vec<Tile>) -> Image {
    let mut harness = Harness::builder()
        .with_size(vec2(width as f32, height as f32))
        .renderer(WgpuTestRenderer::from_render_state(render_state()))
        .build_ui(move |ui| {
            let area = ui.ctx().content_rect();
            ui.ctx().layer_painter(egui::LayerId::background()).add(paint_callback(area, tiles.clone()));
        });
    harness.run();
    let image = harness.render().expect("the software driver draws");
    Image { width: width as usize, pixels: image.pixels().map(|pixel| pixel.0).collect() }
}

fn solid(rect: Rect) -> Tile {
    Tile {
        rect,
        background: Color32::from_rgb(200, 100, 50),
        corner_radius: 0.0,
        ring: None,
        brightness: 1.0,
        saturation: 1.0,
        opacity: 1.0,
        picture: None,
    }
}

fn showing(frame: VideoFrame, rect: Rect) -> Tile {
    let picture = TilePicture { frame: Arc::new(frame), texture: Arc::new(VideoTexture::default()), mirror: false };
    Tile { background: Color32::BLACK, picture: Some(picture), ..solid(rect) }
}

fn rect(x: f32, y: f32, width: f32, height: f32) -> Rect {
    Rect::from_min_size(pos2(x, y), vec2(width, height))
}

fn frame(width: u32, height: u32, color: ColorSpace, sample: impl Fn(u32, u32) -> [u8; 3]) -> VideoFrame {
    let mut frame = FramePool::new().frame(width, height, color, Instant::now());
    let (chroma_width, chroma_height) = (frame.chroma_width(), frame.chroma_height());
    let planes = frame.planes_mut();
    for (index, luma) in (0..width * height).zip(planes.y) {
        *luma = sample(index % width, index / width)[0];
    }
    for (index, (u, v)) in (0..chroma_width * chroma_height).zip(planes.u.iter_mut().zip(planes.v)) {
        let [_, blue, red] = sample(index % chroma_width * 2, index / chroma_width * 2);
        (*u, *v) = (blue, red);
    }
    frame
}

/// Grey of this luma, full range.
fn grey(width: u32, height: u32, luma: impl Fn(u32, u32) -> u8) -> VideoFrame {
    let full = ColorSpace { matrix: ColorMatrix::Bt601, range: ColorRange::Full };
    frame(width, height, full, |x, y| [luma(x, y), 128, 128])
}

fn assert_close(got: [u8; 4], expected: [f64; 3], tolerance: f64, context: &str) {
    for (got, expected) in got.iter().zip(expected) {
        assert!(
            (f64::from(*got) - expected).abs() <= tolerance,
            "{got} is not {expected:.2} within {tolerance}: {context}"
        );
    }
    assert_eq!(got[3], 255, "{context}");
}

#[test]
fn every_shader_is_valid() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shaders");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("the shaders are there") {
        let path = entry.expect("the folder can be read").path();
        let source = std::fs::read_to_string(&path).expect("shaders are text");
        let module = naga::front::wgsl::parse_str(&source).unwrap_or_else(|error| {
            panic!("{}: {}", path.display(), error.emit_to_string(&source));
        });
        naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::empty())
            .validate(&module)
            .unwrap_or_else(|error| panic!("{}: {}", path.display(), error.emit_to_string(&source)));
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn conversion_is_that_of_the_reference_in_every_colour_space() {
    // Blocks of 4×4 pixels, each with another of 17³ triples; inside of a block interpolation changes nothing.
    const LEVELS: u32 = 17;
    const BLOCKS_PER_ROW: u32 = 71;
    let triple = |block: u32| {
        let level = |index: u32| (index % LEVELS * 16).min(255) as u8;
        [level(block), level(block / LEVELS), level(block / LEVELS / LEVELS)]
    };
    let size = 4 * BLOCKS_PER_ROW;
    for color in COLOR_SPACES {
        let blocks = frame(size, size, color, |x, y| triple(x / 4 + y / 4 * BLOCKS_PER_ROW));
        let image = draw(size, size, vec![showing(blocks, rect(0.0, 0.0, size as f32, size as f32))]);
        for block in 0..LEVELS.pow(3) {
            let (x, y) = (block % BLOCKS_PER_ROW * 4, block / BLOCKS_PER_ROW * 4);
            let yuv = triple(block);
            let expected = reference::rgb_from_yuv(yuv.map(f64::from), color);
            for (x, y) in [(x + 1, y + 1), (x + 2, y + 2)] {
                assert_close(image.at(x as usize, y as usize), expected, 1.0, &format!("{yuv:?} in {color:?}"));
            }
        }
    }
}

#[test]
fn a_picture_with_gradients_is_that_of_the_reference() {
    let gradient = |x: u32, y: u32| [(40 + x + y / 2) as u8, (90 + x / 2) as u8, (100 + y / 2) as u8];
    for (width, height) in [(96, 64), (95, 63)] {
        for color in COLOR_SPACES {
            let picture = frame(width, height, color, gradient);
            let expected = reference::rgb_picture(&picture);
            let image = draw(width, height, vec![showing(picture, rect(0.0, 0.0, width as f32, height as f32))]);
            for (index, expected) in expected.into_iter().enumerate() {
                // A sampler may round what it interpolates to 8 bits, and blue is up to two of its chroma.
                assert_close(
                    image.pixels[index],
                    expected,
                    2.0,
                    &format!("pixel {index} of {width}×{height} in {color:?}"),
                );
            }
        }
    }
}

#[test]
fn corners_are_round_and_smooth() {
    let (width, height, radius) = (100.0, 60.0, 14.0);
    let image = draw(120, 80, vec![Tile { corner_radius: radius, ..solid(rect(10.0, 10.0, width, height)) }]);
    assert_eq!(image.at(10, 10), [0; 4], "the corner is cut off");
    assert_eq!(image.at(60, 10), [200, 100, 50, 255], "straight edges are sharp");
    assert_eq!(image.at(60, 9), [0; 4]);
    let covered: f64 = image.pixels.iter().map(|pixel| f64::from(pixel[3]) / 255.0).sum();
    let area = f64::from(width * height) - (4.0 - std::f64::consts::PI) * f64::from(radius * radius);
    assert!((covered - area).abs() < 4.0, "covered {covered:.1} of {area:.1} pixels");
    let partly = image.pixels.iter().filter(|pixel| (1..255).contains(&pixel[3])).count();
    assert!(partly > 40, "only {partly} pixels are partly covered");
}

#[test]
fn a_ring_lies_outside_of_its_tile() {
    let ring = Some(Ring { width: 3.0, color: Color32::from_rgb(0, 255, 0) });
    let image = draw(120, 80, vec![Tile { ring, corner_radius: 14.0, ..solid(rect(10.0, 10.0, 100.0, 60.0)) }]);
    assert_eq!(image.at(10, 40), [200, 100, 50, 255]);
    for x in [7, 8, 9] {
        assert_eq!(image.at(x, 40), [0, 255, 0, 255]);
    }
    assert_eq!(image.at(6, 40), [0; 4]);
}

#[test]
fn one_sees_oneself_as_in_a_mirror() {
    let half_white = grey(64, 32, |x, _| if x < 32 { 0 } else { 255 });
    let plain = showing(half_white, rect(0.0, 0.0, 64.0, 32.0));
    let mut mirrored = plain.clone();
    mirrored.rect = rect(0.0, 32.0, 64.0, 32.0);
    mirrored.picture.as_mut().expect("it has one").mirror = true;
    let image = draw(64, 64, vec![plain, mirrored]);
    assert_eq!((image.at(4, 16)[0], image.at(60, 16)[0]), (0, 255));
    assert_eq!((image.at(4, 48)[0], image.at(60, 48)[0]), (255, 0));
}

#[test]
fn a_picture_covers_a_tile_of_another_shape_evenly() {
    // White outer quarters, which a square tile cuts off.
    let marked = grey(128, 64, |x, _| if (32..96).contains(&x) { 100 } else { 255 });
    let image = draw(64, 64, vec![showing(marked, rect(0.0, 0.0, 64.0, 64.0))]);
    assert!((1..63).all(|x| image.at(x, 32)[0] == 100));
}

#[test]
fn a_picture_of_a_very_different_shape_is_seen_whole() {
    let upright = grey(32, 128, |_, _| 255);
    let image = draw(128, 64, vec![showing(upright, rect(0.0, 0.0, 128.0, 64.0))]);
    assert_eq!(image.at(64, 1)[0], 255);
    assert_eq!(image.at(64, 62)[0], 255);
    assert_eq!(image.at(4, 32), [0, 0, 0, 255], "beside it is the tile's ground");
}

#[test]
fn brightness_and_saturation_fade_a_picture() {
    let red = frame(32, 32, ColorSpace::DEFAULT, |_, _| [81, 90, 240]);
    let tile = showing(red, rect(0.0, 0.0, 32.0, 32.0));
    let dark = Tile { brightness: 0.5, ..tile.clone() };
    let grey = Tile { saturation: 0.0, rect: rect(32.0, 0.0, 32.0, 32.0), ..tile };
    let image = draw(64, 32, vec![dark, grey]);
    let half = image.at(16, 16);
    assert!((126..=129).contains(&half[0]) && half[1] < 3, "{half:?}");
    let colourless = image.at(48, 16);
    assert_eq!((colourless[0], colourless[1]), (colourless[1], colourless[2]));
}

#[test]
fn a_tile_that_fades_lets_through_what_is_behind_it() {
    let behind = Tile { background: Color32::from_rgb(0, 0, 200), ..solid(rect(0.0, 0.0, 64.0, 32.0)) };
    let ring = Some(Ring { width: 3.0, color: Color32::from_rgb(0, 255, 0) });
    let half = Tile { opacity: 0.5, ring, ..solid(rect(8.0, 8.0, 16.0, 16.0)) };
    let gone = Tile { opacity: 0.0, ..solid(rect(40.0, 8.0, 16.0, 16.0)) };
    let image = draw(64, 32, vec![behind, half, gone]);
    assert_close(image.at(16, 16), [100.0, 50.0, 125.0], 1.0, "half of each");
    assert_close(image.at(16, 6), [0.0, 127.5, 100.0], 1.0, "its ring as well");
    assert_eq!(image.at(48, 16), [0, 0, 200, 255]);
}

#[test]
fn a_large_picture_in_a_small_tile_is_averaged() {
    // Columns of one sample that a single read would hit or miss.
    let stripes = grey(256, 256, |x, _| if x % 4 == 0 { 255 } else { 0 });
    let image = draw(64, 64, vec![showing(stripes, rect(0.0, 0.0, 64.0, 64.0))]);
    let row: Vec<_> = (8..56).map(|x| image.at(x, 32)[0]).collect();
    assert!(row.iter().all(|luma| (32..=96).contains(luma)), "{row:?}");
}

#[test]
fn only_new_frames_are_written_and_textures_are_reused() {
    let render_state = render_state();
    let (device, queue) = (&render_state.device, &render_state.queue);
    let renderer = render_state.renderer.read();
    let layout = renderer.callback_resources.get::<TileRenderer>().expect("it was installed").planes_layout();
    let texture = VideoTexture::default();
    assert!(texture.bind_group().is_none());

    let first = Arc::new(grey(64, 32, |_, _| 0));
    assert!(texture.upload(device, queue, layout, &first));
    assert!(!texture.upload(device, queue, layout, &first), "it is there already");
    let planes = texture.bind_group();
    assert!(planes.is_some());

    drop(first);
    assert!(texture.upload(device, queue, layout, &Arc::new(grey(64, 32, |_, _| 9))));
    assert_eq!(texture.bind_group(), planes, "a frame of the same size goes into the same textures");
    assert!(texture.upload(device, queue, layout, &Arc::new(grey(32, 32, |_, _| 9))));
    assert_ne!(texture.bind_group(), planes, "another size needs others");
}
