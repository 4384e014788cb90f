//! Makes the program export the C API to the wheels that it loads, and links libm for those that use it without saying so.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=exports.ld");
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo:rustc-link-arg-bins=-Wl,--dynamic-list={here}/exports.ld");
    // At a fixed address nothing has to be relocated at start, as in CPython's own program.
    println!("cargo:rustc-link-arg-bins=-no-pie");
    println!("cargo:rustc-link-arg-bins=-Wl,--no-as-needed,-lm,--as-needed");
}
