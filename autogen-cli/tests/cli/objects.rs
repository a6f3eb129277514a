//! Compiled artifacts made by hand, with the records that the derive would leave in them.

use object::write::Object;
use object::{Architecture, BinaryFormat, Endianness, SectionKind};
use schema_core::metadata::{FORMAT, MAGIC};
use serde_json::Value;

/// Returns the record of a model, as the derive lays it out, from a description that reads better: a column has its
/// `type` and whether it is `nullable`, and each `former` name of a value of its enum before that of now; a foreign key has
/// its `table` and the columns it `references`.
pub(crate) fn record(description: &str) -> String {
    let mut record: Value = serde_json::from_str(description).unwrap();
    let path = record["rust"].as_str().unwrap().to_owned();
    let (module, name) = path.rsplit_once("::").unwrap();
    record["module"] = module.into();
    record["rust"] = name.into();
    let mut types = Vec::new();
    let mut long = Vec::new();
    for column in record["columns"].as_array_mut().unwrap() {
        let column = column.as_object_mut().unwrap();
        let nullable = column.remove("nullable").is_some_and(|nullable| nullable == true);
        let mut ty = column.remove("type").unwrap();
        if let Some(former) = column.remove("former") {
            long.extend([ty, former]);
            ty = "@".into();
        }
        types.push(format!(
            "{}{}",
            ty.as_str().unwrap(),
            if nullable { "?" } else { "" }
        ));
    }
    long.push("".into());
    record["long"] = long.into();
    types.push(String::new());
    record["types"] = types.into();
    let keys = record.get_mut("foreign_keys").and_then(Value::as_array_mut);
    for key in keys.into_iter().flatten() {
        let key = key.as_object_mut().unwrap();
        let target = [
            Value::Null,
            key.remove("table").unwrap(),
            key.remove("references").unwrap(),
        ];
        key.insert("target".to_owned(), target.to_vec().into());
    }
    record["names"] = vec![""].into();
    record.to_string()
}

/// Returns the bytes of a section with the records, and padding around them as linkers leave it.
pub(crate) fn section(records: &[String]) -> Vec<u8> {
    let mut bytes = vec![0; 8];
    for record in records {
        bytes.extend(MAGIC);
        bytes.extend(FORMAT.to_le_bytes());
        bytes.extend(u32::try_from(record.len()).unwrap().to_le_bytes());
        bytes.extend(record.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(16), 0);
    }
    bytes
}

/// Returns an object file of that format.
pub(crate) fn object(format: BinaryFormat, section: &[u8]) -> Vec<u8> {
    let mut object = Object::new(format, Architecture::Aarch64, Endianness::Little);
    let code = object.add_section(b"__TEXT".to_vec(), b".text".to_vec(), SectionKind::Text);
    object.append_section_data(code, &[0x1f, 0x20, 0x03, 0xd5], 4);
    let (segment, name) = if format == BinaryFormat::MachO {
        ("__DATA", "__autogen")
    } else {
        ("", "autogen")
    };
    let ours = object.add_section(segment.into(), name.into(), SectionKind::ReadOnlyData);
    object.append_section_data(ours, section, 8);
    object.write().unwrap()
}

/// Returns an archive in the format that GNU and LLVM write, long names and all.
pub(crate) fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut names = String::new();
    let mut entries = Vec::new();
    for (name, bytes) in members {
        let label = if name.len() < 16 {
            format!("{name}/")
        } else {
            let label = format!("/{}", names.len());
            names.push_str(&format!("{name}/\n"));
            label
        };
        entries.push((label, *bytes));
    }
    let mut archive = b"!<arch>\n".to_vec();
    if !names.is_empty() {
        member(&mut archive, "//", names.as_bytes());
    }
    for (label, bytes) in entries {
        member(&mut archive, &label, bytes);
    }
    archive
}

/// Returns an archive in the format of BSD and macOS: the name stands before the member's bytes.
pub(crate) fn bsd_archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = b"!<arch>\n".to_vec();
    for (name, bytes) in members {
        let whole = [name.as_bytes(), bytes].concat();
        member(&mut archive, &format!("#1/{}", name.len()), &whole);
    }
    archive
}

fn member(archive: &mut Vec<u8>, label: &str, bytes: &[u8]) {
    let header = format!(
        "{label:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n",
        0,
        0,
        0,
        "100644",
        bytes.len()
    );
    assert_eq!(header.len(), 60);
    archive.extend(header.as_bytes());
    archive.extend(bytes);
    if bytes.len() % 2 == 1 {
        archive.push(b'\n');
    }
}

/// Returns a universal Mach-O file of two parts.
pub(crate) fn universal(parts: [&[u8]; 2]) -> Vec<u8> {
    const ALIGN: usize = 1 << 12;
    let mut bytes = Vec::new();
    bytes.extend(0xcafe_babe_u32.to_be_bytes());
    bytes.extend(2_u32.to_be_bytes());
    let mut offset = ALIGN;
    // The processor numbers of x86-64 and arm64.
    for (processor, part) in [0x0100_0007_u32, 0x0100_000c].iter().zip(parts) {
        for word in [
            *processor,
            0,
            u32::try_from(offset).unwrap(),
            u32::try_from(part.len()).unwrap(),
            12,
        ] {
            bytes.extend(word.to_be_bytes());
        }
        offset += part.len().next_multiple_of(ALIGN);
    }
    for part in parts {
        bytes.resize(bytes.len().next_multiple_of(ALIGN), 0);
        bytes.extend(part);
    }
    bytes
}
