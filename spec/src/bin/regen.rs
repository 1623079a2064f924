//! `cargo regen`: writes every generated file of the repository anew.

fn main() {
    for file in spec::regen::generate() {
        if file.write() {
            println!("wrote {}", file.path.display());
        }
    }
}
