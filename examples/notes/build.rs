//! Without this, a revision that changes no table would not make cargo compile the program anew.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
