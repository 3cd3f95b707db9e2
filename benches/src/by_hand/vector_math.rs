//! exp, log and erfc over lanes. With glibc (2.35 or newer) on x86-64 they come from its libmvec, within 4 ulps;
//! elsewhere from the scalar library.
#![allow(unsafe_code, reason = "the vector library has no safe interface")]

use super::lanes::{LANES, Lanes};

#[cfg(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu"))]
mod library {
    use super::super::lanes::{LANES, Lanes};
    use std::arch::asm;
    use std::arch::x86_64::{_mm256_loadu_pd, _mm256_storeu_pd};

    #[link(name = "mvec")]
    unsafe extern "C" {
        fn _ZGVdN4v_exp();
        fn _ZGVdN4v_log();
        fn _ZGVdN4v_erfc();
    }

    /// Takes four doubles in ymm0 and gives four there. Rust cannot declare that for a foreign function.
    type Vectorised = unsafe extern "C" fn();

    #[inline]
    #[target_feature(enable = "avx2,fma,bmi2")]
    fn apply(f: Vectorised, x: &Lanes) -> Lanes {
        let mut out = [0.0; LANES];
        for (from, to) in x.as_chunks::<4>().0.iter().zip(out.as_chunks_mut::<4>().0) {
            // SAFETY: both chunks hold four doubles; the called function needs AVX2, as this one does, and keeps
            // what the C calling convention keeps.
            unsafe {
                let mut four = _mm256_loadu_pd(from.as_ptr());
                asm!("call {f}", f = in(reg) f, inout("ymm0") four, clobber_abi("C"));
                _mm256_storeu_pd(to.as_mut_ptr(), four);
            }
        }
        out
    }

    #[inline]
    #[target_feature(enable = "avx2,fma,bmi2")]
    pub fn exp(x: &Lanes) -> Lanes {
        apply(_ZGVdN4v_exp, x)
    }

    #[inline]
    #[target_feature(enable = "avx2,fma,bmi2")]
    pub fn ln(x: &Lanes) -> Lanes {
        apply(_ZGVdN4v_log, x)
    }

    #[inline]
    #[target_feature(enable = "avx2,fma,bmi2")]
    pub fn erfc(x: &Lanes) -> Lanes {
        apply(_ZGVdN4v_erfc, x)
    }
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu")))]
mod library {
    use super::super::lanes::Lanes;

    pub fn exp(x: &Lanes) -> Lanes {
        x.map(f64::exp)
    }

    pub fn ln(x: &Lanes) -> Lanes {
        x.map(f64::ln)
    }

    pub fn erfc(x: &Lanes) -> Lanes {
        x.map(super::scalar_erfc)
    }
}

pub use library::{erfc, exp, ln};

/// exp(ln(x) / 12): the twelfth root.
#[inline]
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx2,fma,bmi2"))]
pub fn twelfth_root(x: &Lanes) -> Lanes {
    let mut logarithms = ln(x);
    for j in 0..LANES {
        logarithms[j] /= 12.0;
    }
    exp(&logarithms)
}

unsafe extern "C" {
    #[link_name = "erfc"]
    safe fn libm_erfc(x: f64) -> f64;
}

/// erfc of the C library.
pub fn scalar_erfc(x: f64) -> f64 {
    libm_erfc(x)
}
