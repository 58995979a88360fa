// Draws tiles: rounded rectangles filled with a participant's picture or a plain colour, each with an optional ring.
//
// One instance is one tile. Its quad is the tile grown by the ring and one pixel for anti-aliasing; coverage comes from a
// signed distance, so no multisampling is needed. Pictures arrive as three 8-bit planes (4:2:0) and become R'G'B' here, by
// the matrix and range of their own frame. Colours are blended as they are stored (not linear), like everything egui draws.
// The Rust twin of the conversion is app/src/gpu/reference.rs.

struct Target {
    // Pixels.
    size: vec2<f32>,
}

@group(0) @binding(0) var<uniform> target_surface: Target;
@group(0) @binding(1) var plane_sampler: sampler;

@group(1) @binding(0) var plane_y: texture_2d<f32>;
@group(1) @binding(1) var plane_u: texture_2d<f32>;
@group(1) @binding(2) var plane_v: texture_2d<f32>;

// Whether the target encodes sRGB when it is written, so that what is written must be linear.
override target_is_srgb: bool = false;

// Bits of `Tile.flags`; the same in app/src/gpu/tile.rs.
const HAS_PICTURE: u32 = 1u;
const BT709: u32 = 2u;
const FULL_RANGE: u32 = 4u;
// The picture has clearly more samples than the tile has pixels.
const MINIFIED: u32 = 8u;

struct Tile {
    // Top left and bottom right corner in pixels.
    @location(0) rect: vec4<f32>,
    // Where in the picture, of size 1×1, these corners lie. Swapped for a mirror; outside of 0…1 there is background.
    @location(1) crop: vec4<f32>,
    // Opaque; the fourth component is the opacity of the whole tile.
    @location(2) background: vec4<f32>,
    @location(3) ring_color: vec4<f32>,
    // Corner radius and ring width in pixels; brightness and saturation as factors.
    @location(4) shape: vec4<f32>,
    // Chroma planes of odd-sized pictures are half a luma sample larger than the picture.
    @location(5) chroma_scale: vec2<f32>,
    @location(6) flags: u32,
}

struct Pixel {
    @builtin(position) position: vec4<f32>,
    @location(0) uv: vec2<f32>,
    // Pixels from the tile's centre.
    @location(1) from_center: vec2<f32>,
    @location(2) @interpolate(flat) half_size: vec2<f32>,
    @location(3) @interpolate(flat) background: vec4<f32>,
    @location(4) @interpolate(flat) ring_color: vec4<f32>,
    @location(5) @interpolate(flat) shape: vec4<f32>,
    // What each difference adds: red from V, green from U, green from V, blue from U.
    @location(6) @interpolate(flat) differences: vec4<f32>,
    // Luma offset, luma factor.
    @location(7) @interpolate(flat) luma: vec2<f32>,
    @location(8) @interpolate(flat) chroma_scale: vec2<f32>,
    // Distance in the picture from a pixel's centre to the centres of its four quarters.
    @location(9) @interpolate(flat) quarter: vec2<f32>,
    @location(10) @interpolate(flat) flags: u32,
}

@vertex
fn vertex(@builtin(vertex_index) index: u32, tile: Tile) -> Pixel {
    let size = tile.rect.zw - tile.rect.xy;
    let corner = vec2<f32>(f32(index & 1u), f32(index >> 1u));
    let margin = tile.shape.y + 1.0;
    let offset = mix(vec2<f32>(-margin), size + margin, corner);
    let point = tile.rect.xy + offset;
    let crop_size = tile.crop.zw - tile.crop.xy;

    // Rec. ITU-R BT.601 and BT.709: the weights of red and blue in luma.
    var red = 0.299;
    var blue = 0.114;
    if (tile.flags & BT709) != 0u {
        red = 0.2126;
        blue = 0.0722;
    }
    let green = 1.0 - red - blue;
    var luma = vec2<f32>(16.0 / 255.0, 255.0 / 219.0);
    var chroma_factor = 255.0 / 224.0;
    if (tile.flags & FULL_RANGE) != 0u {
        luma = vec2<f32>(0.0, 1.0);
        chroma_factor = 1.0;
    }

    var pixel: Pixel;
    pixel.position = vec4<f32>(
        2.0 * point.x / target_surface.size.x - 1.0,
        1.0 - 2.0 * point.y / target_surface.size.y,
        0.0,
        1.0,
    );
    pixel.uv = tile.crop.xy + offset / size * crop_size;
    pixel.from_center = offset - 0.5 * size;
    pixel.half_size = 0.5 * size;
    pixel.background = tile.background;
    pixel.ring_color = tile.ring_color;
    pixel.shape = tile.shape;
    pixel.differences = chroma_factor * vec4<f32>(
        2.0 * (1.0 - red),
        -2.0 * blue * (1.0 - blue) / green,
        -2.0 * red * (1.0 - red) / green,
        2.0 * (1.0 - blue),
    );
    pixel.luma = luma;
    pixel.chroma_scale = tile.chroma_scale;
    pixel.quarter = 0.25 * crop_size / size;
    pixel.flags = tile.flags;
    return pixel;
}

// Negative inside, in pixels.
fn distance_to_edge(from_center: vec2<f32>, half_size: vec2<f32>, radius: f32) -> f32 {
    let corner = abs(from_center) - half_size + radius;
    return length(max(corner, vec2<f32>(0.0))) + min(max(corner.x, corner.y), 0.0) - radius;
}

fn luma_at(pixel: Pixel) -> f32 {
    if (pixel.flags & MINIFIED) == 0u {
        return textureSampleLevel(plane_y, plane_sampler, pixel.uv, 0.0).r;
    }
    // One bilinear read would skip samples and shimmer; four cover a reduction to a quarter.
    let across = vec2<f32>(pixel.quarter.x, -pixel.quarter.y);
    return 0.25 * (
        textureSampleLevel(plane_y, plane_sampler, pixel.uv + pixel.quarter, 0.0).r
        + textureSampleLevel(plane_y, plane_sampler, pixel.uv - pixel.quarter, 0.0).r
        + textureSampleLevel(plane_y, plane_sampler, pixel.uv + across, 0.0).r
        + textureSampleLevel(plane_y, plane_sampler, pixel.uv - across, 0.0).r
    );
}

fn picture(pixel: Pixel, saturation: f32) -> vec3<f32> {
    let y = (luma_at(pixel) - pixel.luma.x) * pixel.luma.y;
    let chroma_uv = pixel.uv * pixel.chroma_scale;
    let u = saturation * (textureSampleLevel(plane_u, plane_sampler, chroma_uv, 0.0).r - 128.0 / 255.0);
    let v = saturation * (textureSampleLevel(plane_v, plane_sampler, chroma_uv, 0.0).r - 128.0 / 255.0);
    let rgb = vec3<f32>(
        y + pixel.differences.x * v,
        y + pixel.differences.y * u + pixel.differences.z * v,
        y + pixel.differences.w * u,
    );
    return clamp(rgb, vec3<f32>(0.0), vec3<f32>(1.0));
}

fn linear_from_srgb(srgb: vec3<f32>) -> vec3<f32> {
    let low = srgb / 12.92;
    let high = pow((srgb + 0.055) / 1.055, vec3<f32>(2.4));
    return select(high, low, srgb < vec3<f32>(0.04045));
}

// Premultiplied alpha.
@fragment
fn fragment(pixel: Pixel) -> @location(0) vec4<f32> {
    let radius = pixel.shape.x;
    let ring_width = pixel.shape.y;
    let distance = distance_to_edge(pixel.from_center, pixel.half_size, radius);
    let inside = clamp(0.5 - distance, 0.0, 1.0);
    let ring = clamp(0.5 + ring_width - distance, 0.0, 1.0) * pixel.ring_color.a * (1.0 - inside);

    var color = pixel.background.rgb;
    if (pixel.flags & HAS_PICTURE) != 0u && all(pixel.uv >= vec2<f32>(0.0)) && all(pixel.uv <= vec2<f32>(1.0)) {
        color = picture(pixel, pixel.shape.w);
    }
    color *= pixel.shape.z;

    let alpha = inside + ring;
    var rgb = color * inside + pixel.ring_color.rgb * ring;
    if target_is_srgb && alpha > 0.0 {
        rgb = linear_from_srgb(rgb / alpha) * alpha;
    }
    return vec4<f32>(rgb, alpha) * pixel.background.a;
}
