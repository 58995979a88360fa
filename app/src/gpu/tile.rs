//! Draws `shaders/tile.wgsl`: all tiles of a window in one paint callback.
//!
//! [`TileRenderer`] is made once and lives in egui's callback resources; each paint hands a list of [`Tile`]s to
//! [`paint_callback`]. Frames are written to the GPU here, when they are painted, so a hidden window costs nothing.

use std::num::NonZeroU64;
use std::sync::Arc;

use egui::{Color32, Rect, Vec2};
use egui_wgpu::{CallbackResources, CallbackTrait, RenderState, ScreenDescriptor};
use nonet_media::frame::{ColorMatrix, ColorRange, VideoFrame};

use super::fit::{Fit, mirrored};
use super::upload::{self, VideoTexture};

mod source;

use source::ShaderSource;

/// The bits of `Tile.flags` in the shader.
mod flags {
    pub const HAS_PICTURE: u32 = 1;
    pub const BT709: u32 = 2;
    pub const FULL_RANGE: u32 = 4;
    pub const MINIFIED: u32 = 8;
}

/// From this many picture samples a pixel, luma is read four times a pixel.
const MINIFIED_FROM: f32 = 1.5;

/// One rounded rectangle to draw, in points.
#[derive(Clone, Debug)]
pub struct Tile {
    pub rect: Rect,
    /// What is seen where there is no picture.
    pub background: Color32,
    pub corner_radius: f32,
    /// Outside of `rect`.
    pub ring: Option<Ring>,
    /// Factor on the colours, 1 for the picture as it is.
    pub brightness: f32,
    /// Factor on the differences from grey, 1 for the picture as it is.
    pub saturation: f32,
    /// 1 for what hides what is behind, 0 for what is not seen.
    pub opacity: f32,
    pub picture: Option<TilePicture>,
}

/// A frame, the textures it goes into, and how it lies in the tile.
#[derive(Clone, Debug)]
pub struct TilePicture {
    pub frame: Arc<VideoFrame>,
    pub texture: Arc<VideoTexture>,
    pub mirror: bool,
}

/// A line around a tile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ring {
    /// In points.
    pub width: f32,
    pub color: Color32,
}

/// `Tile` of the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
struct Instance {
    rect: [f32; 4],
    crop: [f32; 4],
    background: [f32; 4],
    ring_color: [f32; 4],
    shape: [f32; 4],
    chroma_scale: [f32; 2],
    flags: u32,
}

impl Instance {
    const ATTRIBUTES: [wgpu::VertexAttribute; 7] = wgpu::vertex_attr_array![
        0 => Float32x4, 1 => Float32x4, 2 => Float32x4, 3 => Float32x4, 4 => Float32x4, 5 => Float32x2, 6 => Uint32
    ];

    fn new(tile: &Tile, pixels_per_point: f32) -> Self {
        // On whole pixels, so that straight edges are sharp.
        let min = (tile.rect.min.to_vec2() * pixels_per_point).round();
        let max = (tile.rect.max.to_vec2() * pixels_per_point).round();
        let size = (max - min).max(Vec2::splat(1.0));
        let radius = (tile.corner_radius * pixels_per_point).min(0.5 * size.min_elem());
        let ring = tile.ring.unwrap_or(Ring { width: 0.0, color: Color32::TRANSPARENT });

        let [red, green, blue, _] = tile.background.to_normalized_gamma_f32();
        let mut instance = Self {
            rect: [min.x, min.y, min.x + size.x, min.y + size.y],
            crop: [0.0; 4],
            background: [red, green, blue, tile.opacity],
            ring_color: ring.color.to_normalized_gamma_f32(),
            shape: [radius, ring.width * pixels_per_point, tile.brightness, tile.saturation],
            chroma_scale: [1.0; 2],
            flags: 0,
        };
        if let Some(picture) = &tile.picture {
            let frame = &picture.frame;
            let frame_size = Vec2::new(frame.width() as f32, frame.height() as f32);
            let crop = Fit::for_sizes(frame_size, size).crop(frame_size, size);
            let minification = (crop.size() * frame_size / size).max_elem();
            let crop = if picture.mirror { mirrored(crop) } else { crop };
            instance.crop = [crop.min.x, crop.min.y, crop.max.x, crop.max.y];
            instance.chroma_scale =
                [frame_size.x / (2 * frame.chroma_width()) as f32, frame_size.y / (2 * frame.chroma_height()) as f32];
            instance.flags = flags::HAS_PICTURE
                | if frame.color().matrix == ColorMatrix::Bt709 { flags::BT709 } else { 0 }
                | if frame.color().range == ColorRange::Full { flags::FULL_RANGE } else { 0 }
                | if minification > MINIFIED_FROM { flags::MINIFIED } else { 0 };
        }
        instance
    }
}

/// Instances that the buffer holds at first; it grows when a window shows more.
const INITIAL_CAPACITY: usize = 16;

/// The pipeline and what all tiles share.
#[derive(Debug)]
pub struct TileRenderer {
    source: ShaderSource,
    target_format: wgpu::TextureFormat,
    pipeline_layout: wgpu::PipelineLayout,
    pipeline: wgpu::RenderPipeline,
    planes_layout: wgpu::BindGroupLayout,
    target_size: wgpu::Buffer,
    shared: wgpu::BindGroup,
    /// Bound for tiles without a picture.
    no_planes: wgpu::BindGroup,
    /// One window's tiles; windows are painted one after the other, each with one callback.
    instances: wgpu::Buffer,
    /// What was written there last; kept for its memory.
    drawn: Vec<Instance>,
    /// Pictures that were new when they were painted, since the start.
    uploaded: u64,
}

impl TileRenderer {
    /// Makes the pipeline for egui's render target and puts it where [`paint_callback`] finds it. Once for each device.
    pub fn install(render_state: &RenderState) {
        let renderer = Self::new(&render_state.device, render_state.target_format);
        render_state.renderer.write().callback_resources.insert(renderer);
    }

    fn new(device: &wgpu::Device, target_format: wgpu::TextureFormat) -> Self {
        let target_size_bytes = NonZeroU64::new(size_of::<[f32; 2]>() as u64).expect("a size is not zero");
        let shared_layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("tile shared"),
            entries: &[
                wgpu::BindGroupLayoutEntry {
                    binding: 0,
                    visibility: wgpu::ShaderStages::VERTEX,
                    ty: wgpu::BindingType::Buffer {
                        ty: wgpu::BufferBindingType::Uniform,
                        has_dynamic_offset: false,
                        min_binding_size: Some(target_size_bytes),
                    },
                    count: None,
                },
                wgpu::BindGroupLayoutEntry {
                    binding: 1,
                    visibility: wgpu::ShaderStages::FRAGMENT,
                    ty: wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering),
                    count: None,
                },
            ],
        });
        let plane_entry = |binding| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::FRAGMENT,
            ty: wgpu::BindingType::Texture {
                sample_type: wgpu::TextureSampleType::Float { filterable: true },
                view_dimension: wgpu::TextureViewDimension::D2,
                multisampled: false,
            },
            count: None,
        };
        let planes_layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("tile planes"),
            entries: &[plane_entry(0), plane_entry(1), plane_entry(2)],
        });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("tile"),
            bind_group_layouts: &[Some(&shared_layout), Some(&planes_layout)],
            immediate_size: 0,
        });

        let target_size = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("tile target size"),
            size: target_size_bytes.get(),
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let sampler = device.create_sampler(&wgpu::SamplerDescriptor {
            label: Some("tile"),
            mag_filter: wgpu::FilterMode::Linear,
            min_filter: wgpu::FilterMode::Linear,
            ..wgpu::SamplerDescriptor::default()
        });
        let shared = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("tile shared"),
            layout: &shared_layout,
            entries: &[
                wgpu::BindGroupEntry { binding: 0, resource: target_size.as_entire_binding() },
                wgpu::BindGroupEntry { binding: 1, resource: wgpu::BindingResource::Sampler(&sampler) },
            ],
        });
        let no_plane = upload::plane(device, 1, 1);
        let no_planes = upload::bind_group(device, &planes_layout, [&no_plane; 3]);

        let source = ShaderSource::new();
        let pipeline = create_pipeline(device, &pipeline_layout, target_format, source.text());
        Self {
            source,
            target_format,
            pipeline_layout,
            pipeline,
            planes_layout,
            target_size,
            shared,
            no_planes,
            instances: create_instances(device, INITIAL_CAPACITY),
            drawn: Vec::with_capacity(INITIAL_CAPACITY),
            uploaded: 0,
        }
    }

    /// What [`VideoTexture::upload`] binds its planes by.
    pub fn planes_layout(&self) -> &wgpu::BindGroupLayout {
        &self.planes_layout
    }

    /// How many pictures were painted since the start, each counted once however often it was.
    pub fn uploaded(&self) -> u64 {
        self.uploaded
    }

    fn prepare(&mut self, device: &wgpu::Device, queue: &wgpu::Queue, screen: &ScreenDescriptor, tiles: &[Tile]) {
        self.reload(device);
        for picture in tiles.iter().filter_map(|tile| tile.picture.as_ref()) {
            let is_new = picture.texture.upload(device, queue, &self.planes_layout, &picture.frame);
            self.uploaded += u64::from(is_new);
        }
        self.drawn.clear();
        self.drawn.extend(tiles.iter().map(|tile| Instance::new(tile, screen.pixels_per_point)));
        let bytes: &[u8] = bytemuck::cast_slice(&self.drawn);
        if self.instances.size() < bytes.len() as u64 {
            self.instances = create_instances(device, self.drawn.len().next_power_of_two());
        }
        queue.write_buffer(&self.instances, 0, bytes);
        let [width, height] = screen.size_in_pixels;
        queue.write_buffer(&self.target_size, 0, bytemuck::bytes_of(&[width as f32, height as f32]));
    }

    fn paint(&self, render_pass: &mut wgpu::RenderPass<'static>, tiles: &[Tile]) {
        render_pass.set_pipeline(&self.pipeline);
        render_pass.set_bind_group(0, &self.shared, &[]);
        render_pass.set_vertex_buffer(0, self.instances.slice(..));
        for (index, tile) in (0..).zip(tiles) {
            let planes = tile.picture.as_ref().and_then(|picture| picture.texture.bind_group());
            render_pass.set_bind_group(1, planes.as_ref().unwrap_or(&self.no_planes), &[]);
            render_pass.draw(0..4, index..index + 1);
        }
    }

    /// Takes over a shader that was edited while the program runs (debug builds); one with a mistake is reported and not used.
    fn reload(&mut self, device: &wgpu::Device) {
        if !self.source.changed() {
            return;
        }
        let errors = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let pipeline = create_pipeline(device, &self.pipeline_layout, self.target_format, self.source.text());
        match pollster::block_on(errors.pop()) {
            None => self.pipeline = pipeline,
            Some(error) => tracing::error!("shaders/tile.wgsl is not used: {error}"),
        }
    }
}

fn create_instances(device: &wgpu::Device, capacity: usize) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("tile instances"),
        size: (capacity * size_of::<Instance>()) as u64,
        usage: wgpu::BufferUsages::VERTEX | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

fn create_pipeline(
    device: &wgpu::Device,
    layout: &wgpu::PipelineLayout,
    target_format: wgpu::TextureFormat,
    source: &str,
) -> wgpu::RenderPipeline {
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("tile.wgsl"),
        source: wgpu::ShaderSource::Wgsl(source.into()),
    });
    let target_is_srgb = if target_format.is_srgb() { 1.0 } else { 0.0 };
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("tile"),
        layout: Some(layout),
        vertex: wgpu::VertexState {
            module: &module,
            entry_point: Some("vertex"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[Some(wgpu::VertexBufferLayout {
                array_stride: size_of::<Instance>() as u64,
                step_mode: wgpu::VertexStepMode::Instance,
                attributes: &Instance::ATTRIBUTES,
            })],
        },
        primitive: wgpu::PrimitiveState {
            topology: wgpu::PrimitiveTopology::TriangleStrip,
            ..wgpu::PrimitiveState::default()
        },
        depth_stencil: None,
        // The window asks for one sample a pixel: coverage is computed.
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module: &module,
            entry_point: Some("fragment"),
            compilation_options: wgpu::PipelineCompilationOptions {
                constants: &[("target_is_srgb", target_is_srgb)],
                ..wgpu::PipelineCompilationOptions::default()
            },
            targets: &[Some(wgpu::ColorTargetState {
                format: target_format,
                blend: Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
                write_mask: wgpu::ColorWrites::ALL,
            })],
        }),
        multiview_mask: None,
        cache: None,
    })
}

/// The tiles of one window as a shape to paint; `area` is where they may be seen.
pub fn paint_callback(area: Rect, tiles: Vec<Tile>) -> egui::Shape {
    egui_wgpu::Callback::new_paint_callback(area, TileCallback { tiles }).into()
}

struct TileCallback {
    tiles: Vec<Tile>,
}

impl CallbackTrait for TileCallback {
    fn prepare(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        screen: &ScreenDescriptor,
        _encoder: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        if let Some(renderer) = resources.get_mut::<TileRenderer>() {
            renderer.prepare(device, queue, screen, &self.tiles);
        }
        Vec::new()
    }

    fn paint(
        &self,
        info: egui::PaintCallbackInfo,
        render_pass: &mut wgpu::RenderPass<'static>,
        resources: &CallbackResources,
    ) {
        if let Some(renderer) = resources.get::<TileRenderer>() {
            // Tiles are placed in pixels of the whole target, so that rings may reach beyond the area.
            let [width, height] = info.screen_size_px;
            render_pass.set_viewport(0.0, 0.0, width as f32, height as f32, 0.0, 1.0);
            renderer.paint(render_pass, &self.tiles);
        }
    }
}
