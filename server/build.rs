//! Puts the pages' files into the binary, with their compressed forms.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[expect(
    clippy::disallowed_methods,
    reason = "cargo speaks to build scripts through the environment"
)]
fn main() -> Result<(), Box<dyn Error>> {
    let bundle = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../client/web/dist");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo:rerun-if-changed={}", bundle.display());

    let mut files: Vec<PathBuf> = fs::read_dir(&bundle)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_, std::io::Error>>()?;
    files.sort();

    let mut table = String::from("[\n");
    for file in files {
        let name = file.file_name().ok_or("a file without a name")?;
        let name = name.to_str().ok_or("a name that is not Unicode")?;
        let plain = fs::read(&file)?;
        fs::write(out.join(name), &plain)?;
        fs::write(out.join(format!("{name}.br")), brotli(&plain)?)?;
        fs::write(out.join(format!("{name}.gz")), gzip(&plain)?)?;
        let bytes = |ending: &str| {
            format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}{ending}\"))")
        };
        writeln!(
            table,
            "File {{ name: {name:?}, plain: {}, brotli: {}, gzip: {} }},",
            bytes(""),
            bytes(".br"),
            bytes(".gz"),
        )?;
    }
    table.push(']');
    fs::write(out.join("assets.rs"), table)?;
    Ok(())
}

fn brotli(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packed = Vec::new();
    let mut encoder = brotli::CompressorWriter::new(&mut packed, 4096, 11, 22);
    encoder.write_all(plain)?;
    drop(encoder);
    Ok(packed)
}

fn gzip(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(plain)?;
    encoder.finish()
}
