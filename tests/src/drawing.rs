//! Nine tiles drawn off the screen, by the program's own renderer on whatever graphics driver there is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::epaint::{ClippedPrimitive, Primitive};
use egui::{Color32, Rect, Shape, pos2, vec2};
use egui_wgpu::wgpu;
use egui_wgpu::{RenderState, RendererOptions, ScreenDescriptor, WgpuConfiguration, WgpuSetup};
use nonet::gpu::tile::{Tile, TilePicture, TileRenderer, paint_callback};
use nonet::gpu::upload::VideoTexture;
use nonet::widgets::grid;
use nonet_media::capture::test_pattern::{PatternStamp, TestPattern};
use nonet_media::choice::VideoLimits;
use nonet_media::frame::VideoFrame;

const TILES: usize = 9;

/// A picture for each tile.
pub type Pictures = [Arc<VideoFrame>; TILES];

/// What is drawn on.
pub struct Stage {
    state: RenderState,
    target: wgpu::TextureView,
    screen: ScreenDescriptor,
    area: Rect,
    tiles: Vec<Rect>,
    textures: [Arc<VideoTexture>; TILES],
}

impl Stage {
    /// A window of this size in pixels, with nine tiles side by side.
    ///
    /// # Panics
    ///
    /// When there is no graphics driver, not even one in software.
    pub fn new(width: u32, height: u32) -> Self {
        let setup = WgpuSetup::without_display_handle();
        let instance = pollster::block_on(setup.new_instance());
        let configuration = WgpuConfiguration { wgpu_setup: setup, ..WgpuConfiguration::default() };
        let state = RenderState::create(&configuration, &instance, None, RendererOptions::PREDICTABLE);
        let state = pollster::block_on(state).expect("a graphics driver");
        TileRenderer::install(&state);
        let target = state.device.create_texture(&wgpu::TextureDescriptor {
            label: Some("stage"),
            size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: state.target_format,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
            view_formats: &[],
        });
        let area = Rect::from_min_size(pos2(0.0, 0.0), vec2(width as f32, height as f32));
        Self {
            target: target.create_view(&wgpu::TextureViewDescriptor::default()),
            screen: ScreenDescriptor { size_in_pixels: [width, height], pixels_per_point: 1.0 },
            tiles: grid::layout(TILES, area, 12.0),
            textures: Default::default(),
            area,
            state,
        }
    }

    /// What draws.
    pub fn adapter(&self) -> String {
        self.state.adapter.get_info().name
    }

    /// Brings the pictures to the textures, and waits until that is done.
    pub fn upload(&self, pictures: &Pictures) {
        let renderer = self.state.renderer.read();
        let tiles: &TileRenderer = renderer.callback_resources.get().expect("it was installed");
        for (texture, picture) in self.textures.iter().zip(pictures) {
            texture.upload(&self.state.device, &self.state.queue, tiles.planes_layout(), picture);
        }
        self.state.queue.submit([]);
        self.wait();
    }

    /// Draws all tiles, uploading what is new, and waits until that is done.
    pub fn paint(&self, pictures: &Pictures) {
        let tiles = self.tiles.iter().zip(&self.textures).zip(pictures).map(|((rect, texture), picture)| Tile {
            rect: *rect,
            background: Color32::BLACK,
            corner_radius: 14.0,
            ring: None,
            brightness: 1.0,
            saturation: 1.0,
            opacity: 1.0,
            picture: Some(TilePicture { frame: picture.clone(), texture: texture.clone(), mirror: false }),
        });
        let Shape::Callback(callback) = paint_callback(self.area, tiles.collect()) else {
            unreachable!("a paint callback is a callback");
        };
        let primitives = [ClippedPrimitive { clip_rect: self.area, primitive: Primitive::Callback(callback) }];
        let (device, queue) = (&self.state.device, &self.state.queue);
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let mut renderer = self.state.renderer.write();
        let first = renderer.update_buffers(device, queue, &mut encoder, &primitives, &self.screen);
        {
            let mut pass = encoder
                .begin_render_pass(&wgpu::RenderPassDescriptor {
                    label: Some("stage"),
                    color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                        view: &self.target,
                        depth_slice: None,
                        resolve_target: None,
                        ops: wgpu::Operations {
                            load: wgpu::LoadOp::Clear(wgpu::Color::BLACK),
                            store: wgpu::StoreOp::Store,
                        },
                    })],
                    ..wgpu::RenderPassDescriptor::default()
                })
                .forget_lifetime();
            renderer.render(&mut pass, &primitives, &self.screen);
        }
        queue.submit(first.into_iter().chain([encoder.finish()]));
        drop(renderer);
        self.wait();
    }

    fn wait(&self) {
        self.state.device.poll(wgpu::PollType::wait_indefinitely()).expect("the driver finishes");
    }
}

/// Two sets of different pictures of 1280×720: shown in turn, every picture is new.
pub fn pictures() -> [Pictures; 2] {
    let limits = VideoLimits { width: 1280, height: 720, fps: 30 };
    [0, 1].map(|frame_number| {
        std::array::from_fn(|number| {
            let pattern = TestPattern::new(number as u8, limits);
            let stamp = PatternStamp { frame_number, captured_at_micros: 0 };
            Arc::new(pattern.draw(stamp, Instant::now()))
        })
    })
}

/// The mean time of something that is done over and over for two seconds, with one and the other set of pictures.
pub fn mean_time(pictures: &[Pictures; 2], mut with: impl FnMut(&Pictures)) -> Duration {
    pictures.iter().chain(pictures).for_each(&mut with);
    let since = Instant::now();
    let mut times = 0;
    while since.elapsed() < Duration::from_secs(2) {
        pictures.iter().for_each(&mut with);
        times += 2;
    }
    since.elapsed() / times
}
