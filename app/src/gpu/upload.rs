//! One participant's picture on the GPU: three single-channel textures, written when there is a new frame.
//!
//! Whoever shows the picture owns the [`VideoTexture`]; the memory goes when the last owner does. A frame that is already
//! there is not written again, and the textures are made anew only when the picture's size changes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use nonet_media::frame::VideoFrame;

/// The textures of one source of pictures, on the device of the first upload; empty until then.
#[derive(Debug, Default)]
pub struct VideoTexture {
    // Only the painting thread comes here; the lock is what makes a paint callback `Sync`.
    planes: Mutex<Option<Planes>>,
}

#[derive(Debug)]
struct Planes {
    y: wgpu::Texture,
    u: wgpu::Texture,
    v: wgpu::Texture,
    bind_group: wgpu::BindGroup,
    /// The frame that was written last. Weak, so that its buffer returns to its pool, yet its address is not reused.
    written: Weak<VideoFrame>,
}

impl VideoTexture {
    /// Brings a frame to the GPU before the next submission to `queue`. Returns whether anything had to be written.
    pub fn upload(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        layout: &wgpu::BindGroupLayout,
        frame: &Arc<VideoFrame>,
    ) -> bool {
        let mut planes = self.lock();
        let planes = match &mut *planes {
            Some(planes) if std::ptr::eq(planes.written.as_ptr(), Arc::as_ptr(frame)) => return false,
            Some(planes) if planes.y.width() == frame.width() && planes.y.height() == frame.height() => planes,
            other => other.insert(Planes::new(device, layout, frame.width(), frame.height())),
        };
        write(queue, &planes.y, frame.y());
        write(queue, &planes.u, frame.u());
        write(queue, &planes.v, frame.v());
        planes.written = Arc::downgrade(frame);
        true
    }

    /// What the shader reads the picture through; none before the first frame.
    pub fn bind_group(&self) -> Option<wgpu::BindGroup> {
        self.lock().as_ref().map(|planes| planes.bind_group.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Option<Planes>> {
        // A panic while it was held leaves at worst an older picture.
        self.planes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Planes {
    fn new(device: &wgpu::Device, layout: &wgpu::BindGroupLayout, width: u32, height: u32) -> Self {
        let y = plane(device, width, height);
        let u = plane(device, width.div_ceil(2), height.div_ceil(2));
        let v = plane(device, width.div_ceil(2), height.div_ceil(2));
        let bind_group = bind_group(device, layout, [&y, &u, &v]);
        Self { y, u, v, bind_group, written: Weak::new() }
    }
}

/// One 8-bit channel of the given size.
pub(super) fn plane(device: &wgpu::Device, width: u32, height: u32) -> wgpu::Texture {
    device.create_texture(&wgpu::TextureDescriptor {
        label: Some("video plane"),
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::R8Unorm,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    })
}

/// Y, U and V as the shader's second bind group.
pub(super) fn bind_group(
    device: &wgpu::Device,
    layout: &wgpu::BindGroupLayout,
    planes: [&wgpu::Texture; 3],
) -> wgpu::BindGroup {
    let [y, u, v] = planes.map(|plane| plane.create_view(&wgpu::TextureViewDescriptor::default()));
    let entry = |binding, view| wgpu::BindGroupEntry { binding, resource: wgpu::BindingResource::TextureView(view) };
    device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("video planes"),
        layout,
        entries: &[entry(0, &y), entry(1, &u), entry(2, &v)],
    })
}

fn write(queue: &wgpu::Queue, plane: &wgpu::Texture, samples: &[u8]) {
    queue.write_texture(
        plane.as_image_copy(),
        samples,
        wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(plane.width()), rows_per_image: None },
        plane.size(),
    );
}
