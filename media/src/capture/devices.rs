//! Which cameras there are.
//!
//! Each is listed once, and nothing that only looks like a camera: Video4Linux shows a webcam as several nodes, of which
//! one gives pictures.

use nokhwa::utils::CameraIndex;

use super::CaptureError;
use crate::choice::CameraChoice;

/// A camera that is plugged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameraInfo {
    /// Its position in the list, from 0, as in [`CameraChoice::Index`].
    pub index: u32,
    /// What the user calls it.
    pub name: String,
    /// What the system calls it; another after it was plugged in again.
    pub(super) device: CameraIndex,
}

/// All cameras, the system's default first.
///
/// # Errors
///
/// When the system does not allow or cannot do the listing.
pub fn cameras() -> Result<Vec<CameraInfo>, CaptureError> {
    let listed = list()?;
    Ok(listed.into_iter().zip(0..).map(|((device, name), index)| CameraInfo { index, name, device }).collect())
}

#[cfg(target_os = "linux")]
fn list() -> Result<Vec<(CameraIndex, String)>, CaptureError> {
    Ok(super::v4l2::cameras()?.into_iter().map(|(node, name)| (CameraIndex::Index(node), name)).collect())
}

#[cfg(not(target_os = "linux"))]
fn list() -> Result<Vec<(CameraIndex, String)>, CaptureError> {
    let cameras = nokhwa::query(nokhwa::utils::ApiBackend::Auto)
        .map_err(|error| CaptureError::Device { name: "The list of cameras".to_owned(), reason: error.to_string() })?;
    Ok(cameras.into_iter().map(|camera| (camera.index().clone(), camera.human_name())).collect())
}

/// The camera that a choice means, of those there are. A whole name goes before a part of one.
///
/// # Errors
///
/// When it is not there.
pub fn find<'a>(choice: &CameraChoice, cameras: &'a [CameraInfo]) -> Result<&'a CameraInfo, CaptureError> {
    match choice {
        CameraChoice::Named(name) => {
            let wanted = name.to_lowercase();
            let by_name =
                |matches: &dyn Fn(&str) -> bool| cameras.iter().find(|camera| matches(&camera.name.to_lowercase()));
            by_name(&|name| name == wanted)
                .or_else(|| by_name(&|name| name.contains(&wanted)))
                .ok_or_else(|| CaptureError::NotNamed(name.clone()))
        }
        CameraChoice::Index(index) => cameras.get(*index as usize).ok_or(CaptureError::NotNumbered(*index)),
        _ => cameras.first().ok_or(CaptureError::NoCamera),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_finds_its_camera_or_says_what_is_missing() {
        let names = ["Integrated Webcam", "Logitech BRIO", "BRIO"];
        let cameras: Vec<_> = (0..)
            .zip(names)
            .map(|(index, name)| CameraInfo { index, name: name.to_owned(), device: CameraIndex::Index(2 * index) })
            .collect();
        let index = |choice: CameraChoice| find(&choice, &cameras).map(|camera| camera.index);
        assert!(matches!(index(CameraChoice::Default), Ok(0)));
        assert!(matches!(index(CameraChoice::Index(1)), Ok(1)));
        assert!(matches!(index(CameraChoice::Named("logi".to_owned())), Ok(1)));
        assert!(matches!(index(CameraChoice::Named("brio".to_owned())), Ok(2)));
        assert!(matches!(index(CameraChoice::Named("C920".to_owned())), Err(CaptureError::NotNamed(_))));
        assert!(matches!(index(CameraChoice::Index(3)), Err(CaptureError::NotNumbered(3))));
        assert!(matches!(find(&CameraChoice::Default, &[]), Err(CaptureError::NoCamera)));
    }
}
