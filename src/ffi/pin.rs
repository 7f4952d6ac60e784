//! Keeps the library in memory once it has run: a thread of ours, or a thread's own data, may outlive the host's call to
//! unload it. On Linux the file itself says so (`-z nodelete`, see `build.rs`).

/// Pins the library. Does nothing where the file says it already.
#[cfg(windows)]
pub(super) fn pin() {
    use std::ffi::c_void;
    use std::ptr;

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn GetModuleHandleExW(flags: u32, address: *const c_void, module: *mut *mut c_void) -> i32;
    }
    const PIN: u32 = 1;
    const FROM_ADDRESS: u32 = 4;

    let mut module = ptr::null_mut();
    // SAFETY: the address is that of a function of this library, and `module` lives through the call.
    if unsafe { GetModuleHandleExW(PIN | FROM_ADDRESS, pin as *const c_void, &raw mut module) } == 0 {
        log::warn!("the library could not be pinned; do not unload it while a client is open");
    }
}

/// Pins the library. Does nothing where the file says it already.
#[cfg(not(windows))]
pub(super) fn pin() {}
