//! What of the calling thread is lent to alimi during a call: `errno` and the floating-point environment.
//!
//! Invariants: inside, the floating-point environment is the default one, which Rust and SQLite are compiled for. A program
//! may have set traps (Delphi does) or another rounding; reading `1e400` out of a JSON text would end it otherwise. When
//! the call is over, both are what they were: flags too. Threads of ours inherit the default one.

/// Takes them over; `Drop` gives them back.
pub(super) struct Lent {
    #[cfg(unix)]
    errno: i32,
    floats: floats::Environment,
}

impl Lent {
    pub(super) fn take() -> Lent {
        Lent {
            #[cfg(unix)]
            errno: nix::errno::Errno::last_raw(),
            floats: floats::take(),
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        floats::give_back(&self.floats);
        #[cfg(unix)]
        nix::errno::Errno::set_raw(self.errno);
    }
}

/// x86-64 computes in SSE registers alone.
#[cfg(target_arch = "x86_64")]
mod floats {
    use super::sse;

    pub(super) type Environment = u32;

    pub(super) fn take() -> Environment {
        let before = sse::read();
        sse::write(sse::DEFAULT);
        before
    }

    pub(super) fn give_back(before: &Environment) {
        sse::write(*before);
    }
}

/// On 32 bits Rust computes in SSE registers and C in those of the 8087.
#[cfg(target_arch = "x86")]
mod floats {
    use super::sse;
    use std::arch::asm;

    pub(super) struct Environment {
        sse: u32,
        /// As `fnstenv` writes it.
        x87: [u32; 7],
    }

    pub(super) fn take() -> Environment {
        let mut before = Environment { sse: sse::read(), x87: [0; 7] };
        sse::write(sse::DEFAULT);
        // SAFETY: 28 bytes are written; then control and status are the default ones.
        unsafe { asm!("fnstenv [{}]", "fninit", in(reg) &raw mut before.x87, options(nostack)) };
        before
    }

    pub(super) fn give_back(before: &Environment) {
        // SAFETY: 28 bytes that `fnstenv` wrote.
        unsafe { asm!("fldenv [{}]", in(reg) &raw const before.x87, options(nostack, readonly)) };
        sse::write(before.sse);
    }
}

/// ARM has one register for traps and rounding, and one for the flags.
#[cfg(target_arch = "aarch64")]
mod floats {
    use std::arch::asm;

    pub(super) struct Environment {
        control: u64,
        status: u64,
    }

    pub(super) fn take() -> Environment {
        let (control, status);
        // SAFETY: two registers are read; zero in the first one is the default.
        unsafe {
            asm!("mrs {0}, fpcr", "mrs {1}, fpsr", "msr fpcr, xzr", out(reg) control, out(reg) status, options(nostack));
        }
        Environment { control, status }
    }

    pub(super) fn give_back(before: &Environment) {
        // SAFETY: the values were read from the same registers.
        unsafe {
            asm!("msr fpcr, {0}", "msr fpsr, {1}", in(reg) before.control, in(reg) before.status, options(nostack));
        }
    }
}

/// For other processors nothing is built.
#[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
mod floats {
    pub(super) type Environment = ();

    pub(super) fn take() -> Environment {}

    pub(super) fn give_back((): &Environment) {}
}

/// The register that holds masks, flags and rounding of SSE.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod sse {
    use std::arch::asm;

    /// Every exception masked, no flag, round to nearest.
    pub(super) const DEFAULT: u32 = 0x1f80;

    pub(super) fn read() -> u32 {
        let mut value = 0_u32;
        // SAFETY: four bytes are written.
        unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut value, options(nostack, preserves_flags)) };
        value
    }

    pub(super) fn write(value: u32) {
        // SAFETY: four bytes that are the default or were read from the register, so no reserved bit is set.
        unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const value, options(nostack, preserves_flags, readonly)) };
    }
}
