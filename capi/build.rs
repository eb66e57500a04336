//! Gives the shared library its soname: `libabsmax.so.` and the number of the interface.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        // `ABSMAX_ABI` of src/codes.rs and of absmax.h, which scripts/check-capi compares.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libabsmax.so.0");
    }
}
