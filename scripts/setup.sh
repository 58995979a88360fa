# Sourced by run and test: installs what is missing to build and run, and says why. Knows nothing of what is built.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }

# What is needed: the reason, how to see that it is there, and its packages for apt, dnf, pacman and brew ("-": comes with
# the system). Only apt was tried.
needs() {
  cat <<'LIST'
a C compiler for the codecs|have cc && have c++|build-essential|gcc gcc-c++ make|base-devel|-
cmake to build Opus|have cmake|cmake|cmake|cmake|cmake
nasm for a fast H.264 codec|have nasm|nasm|nasm|nasm|nasm
pkg-config to find libraries|have pkg-config|pkg-config|pkgconf-pkg-config|pkgconf|pkgconf
libclang to read the camera interface's headers|have_libclang|libclang-dev clang|clang-devel|clang|-
ALSA for microphone and speaker|have_library alsa|libasound2-dev|alsa-lib-devel|alsa-lib|-
keyboard and X11 libraries for the window|have_shared libxkbcommon-x11.so.0 && have_shared libX11-xcb.so.1 && have_shared libXcursor.so.1 && have_shared libXi.so.6|libxkbcommon-x11-0 libx11-xcb1 libxcursor1 libxi6 libxrandr2|libxkbcommon-x11 libX11-xcb libXcursor libXi libXrandr|libxkbcommon-x11 libx11 libxcursor libxi libxrandr|-
Vulkan with a software driver to draw without a graphics card|have_shared libvulkan.so.1 && have_vulkan_driver|libvulkan1 mesa-vulkan-drivers|vulkan-loader mesa-vulkan-drivers|vulkan-icd-loader vulkan-swrast|-
LIST
}

# What a machine without a display needs in addition.
display_needs() {
  echo 'a virtual display|have Xvfb && have xvfb-run && have xauth|xvfb xauth|xorg-x11-server-Xvfb xorg-x11-xauth|xorg-server-xvfb xorg-xauth|-'
}

# What tests need in addition.
test_needs() {
  cat <<'LIST'
a sound server of the tests' own|have_pulseaudio|pulseaudio pulseaudio-utils|pulseaudio pulseaudio-utils|pulseaudio libpulse|-
a display to drive the real window on|have Xvfb|xvfb|xorg-x11-server-Xvfb|xorg-server-xvfb|-
a message bus by which the window is used without eyes|have dbus-daemon|dbus-daemon|dbus-daemon|dbus|-
ALSA's way to that|have_alsa_plugin pulse|libasound2-plugins|alsa-plugins-pulseaudio|alsa-plugins|-
LIST
}

have() { command -v "$1" >/dev/null 2>&1; }
have_library() { pkg-config --exists "$1" 2>/dev/null; }
have_shared() { [ "$(uname)" = Darwin ] || { PATH="$PATH:/sbin:/usr/sbin" ldconfig -p | grep -F "$1"; } >/dev/null 2>&1; }
# Not to be taken for libclang-cpp, which comes with graphics drivers and is no use here.
have_libclang() { [ "$(uname)" = Darwin ] || compgen -G '/usr/lib*/llvm*/lib*/libclang.so*' >/dev/null || compgen -G '/usr/lib*/libclang.so*' >/dev/null || have_shared libclang.so; }
have_vulkan_driver() { [ "$(uname)" = Darwin ] || compgen -G '/usr/share/vulkan/icd.d/*.json' >/dev/null; }
have_pulseaudio() { [ "$(uname)" = Darwin ] || { have pulseaudio && have pactl && have pacat; }; }
have_alsa_plugin() { [ "$(uname)" = Darwin ] || compgen -G "/usr/lib*/alsa-lib/libasound_module_pcm_$1.so" >/dev/null || compgen -G "/usr/lib/*/alsa-lib/libasound_module_pcm_$1.so" >/dev/null; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# Installs the packages of what is missing in the list on standard input.
install_missing() {
  local column manager packages='' reason check apt dnf pacman brew
  for manager in apt-get dnf pacman brew none; do have "$manager" && break; done
  while IFS='|' read -r reason check apt dnf pacman brew; do
    eval "$check" && continue
    case "$manager" in
      apt-get) column=$apt ;; dnf) column=$dnf ;; pacman) column=$pacman ;; brew) column=$brew ;;
      *) say "Missing: $reason. No package manager that this script knows was found; install it by hand."; continue ;;
    esac
    [ "$column" = - ] && continue
    say "Installing $column: $reason"
    packages="$packages $column"
  done
  [ -n "$packages" ] || return 0
  # The names are words of their own. A package manager's output belongs with the other messages.
  # shellcheck disable=SC2086
  case "$manager" in
    apt-get) as_root apt-get update -qq >&2
             as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >&2 ;;
    dnf) as_root dnf install -y $packages >&2 ;;
    pacman) as_root pacman -S --needed --noconfirm $packages >&2 ;;
    brew) brew install $packages >&2 ;;
  esac
}

have cargo || { say 'Nonet is built with Rust: install it from https://rustup.rs, then try again.'; exit 1; }
needs | install_missing
