//! `migrations!`: a folder of migrations as a constant of the program.
//!
//! `folder` finds the files, `header` and `tables` read of them what the compiler can judge and the program has to know. Every file is named in an `include_str!`, so that
//! cargo builds anew when one changes; nothing is written.

mod folder;
mod header;
mod tables;

use std::path::Path;

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::{Error, LitStr};

use folder::{Folder, Revision};
use tables::Tables;

/// Returns the expression that makes the `Migrations` in a folder of the package.
pub(crate) fn expand(package: &Path, input: syn::Result<LitStr>) -> TokenStream {
    let literal = match input {
        Ok(literal) => literal,
        Err(error) => {
            let form = format!("{error}; a folder is named as in `migrations!(\"migrations\")`");
            return refuse(&[Error::new(error.span(), form)]);
        }
    };
    match Folder::read(package, &literal.value()) {
        Ok(folder) => expression(&literal, &folder),
        Err(problems) => {
            let errors = problems.iter().map(|problem| Error::new(literal.span(), problem));
            refuse(&errors.collect::<Vec<_>>())
        }
    }
}

/// Returns the errors and a value that stands, so that no second error follows.
fn refuse(errors: &[Error]) -> TokenStream {
    let errors = errors.iter().map(Error::to_compile_error);
    quote!({ #(#errors)* ::schema_core::Migrations::new("", &[]) })
}

fn expression(literal: &LitStr, folder: &Folder) -> TokenStream {
    let revisions = folder.revisions.iter().map(revision);
    // Every revision that does something changes the snapshot, so that a new folder is seen.
    let tracked = folder.snapshot.iter().map(|path| text(path));
    // Of this file, only what tables are the project's goes into the program: the rest may hold a password.
    let configuration = folder.configuration.iter().map(|path| text(path));
    let Tables { include, exclude } = &folder.tables;
    let with_tables = if include.is_empty() && exclude.is_empty() {
        TokenStream::new()
    } else {
        quote!(.with_tables(&[#(#include),*], &[#(#exclude),*]))
    };
    quote!({
        #(const _: &str = #tracked;)*
        #(const _: &str = #configuration;)*
        ::schema_core::Migrations::new(#literal, &[#(#revisions),*])#with_tables
    })
}

fn revision(revision: &Revision) -> TokenStream {
    let Revision {
        name,
        path,
        scripts,
        header: _,
    } = revision;
    let json = text(&path.join(folder::REVISION_FILE));
    let names = scripts.iter();
    let texts = scripts.iter().map(|script| text(&path.join(script)));
    quote! {
        ::schema_core::EmbeddedRevision {
            folder: #name,
            revision: #json,
            scripts: &[#((#names, #texts)),*],
        }
    }
}

fn text(path: &Path) -> TokenStream {
    // That every part of it is UTF-8 was seen when the folder was read.
    let path = Literal::string(&path.to_string_lossy());
    quote!(::core::include_str!(#path))
}
