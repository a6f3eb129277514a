#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! The laws of lists of operations, over those that generated schemas lead to.

use autogen_tests::dice::runner;
use autogen_tests::generate::{self, Pair};
use proptest::prelude::*;
use schema_core::diff::{Answers, diff};
use schema_core::operation::{Operation, apply_all, conflicts, optimize, reverse_all};
use schema_core::schema::Schema;

#[test]
fn fewer_operations_lead_to_the_same_schema_and_back() {
    let law = |(Pair { from, to, answers }, Pair { to: last, .. }): (Pair, Pair)| {
        let mut operations = diff(&from, &to, &answers);
        operations.extend(diff(&to, &last, &Answers::default()));
        operations.extend(diff(&last, &to, &Answers::default()));
        let fewer = optimize(&operations);
        prop_assert!(fewer.len() <= operations.len());
        prop_assert_eq!(apply_all(from.clone(), &fewer), Ok(to.clone()));
        prop_assert_eq!(apply_all(to, &reverse_all(&fewer)), Ok(from));
        Ok(())
    };
    runner(200)
        .run(&(generate::pair(), generate::pair()), law)
        .unwrap();
}

#[test]
fn a_way_there_and_back_leads_nowhere_and_is_optimized_once() {
    let law = |Pair { from, to, answers }: Pair| {
        let there = diff(&from, &to, &answers);
        let back = reverse_all(&there);
        let both: Vec<Operation> = there.into_iter().chain(back).collect();
        let fewer = optimize(&both);
        prop_assert_eq!(apply_all(from.clone(), &fewer), Ok(from));
        prop_assert_eq!(&optimize(&fewer), &fewer);
        Ok(())
    };
    runner(200).run(&generate::pair(), law).unwrap();
}

#[test]
fn an_operation_taken_back_twice_is_itself() {
    let law = |Pair { from, to, answers }: Pair| {
        for operation in diff(&from, &to, &answers) {
            // What old rows get is said for one direction alone.
            let mut itself = operation.clone();
            if let Operation::AddColumn { backfill, .. } | Operation::AlterColumn { backfill, .. } =
                &mut itself
            {
                *backfill = None;
            }
            prop_assert_eq!(operation.reverse().reverse(), itself);
        }
        Ok(())
    };
    runner(200).run(&generate::pair(), law).unwrap();
}

/// The operations of a random half that fit by themselves, as one branch would have made them.
fn branch(from: &Schema, operations: &[Operation], chosen: impl Fn(usize) -> bool) -> Vec<Operation> {
    let mut schema = from.clone();
    operations
        .iter()
        .enumerate()
        .filter(|(at, operation)| chosen(*at) && operation.apply(&mut schema).is_ok())
        .map(|(_, operation)| operation.clone())
        .collect()
}

#[test]
fn lists_without_conflict_can_be_applied_in_either_order() {
    let joined = std::cell::Cell::new(0);
    let law = |(Pair { from, to, answers }, mask): (Pair, u64)| {
        let operations = diff(&from, &to, &answers);
        let is_left = |at: usize| mask >> (at % 64) & 1 == 0;
        let left = branch(&from, &operations, is_left);
        let right = branch(&from, &operations, |at| !is_left(at));
        let found = conflicts(&left, &right);
        prop_assert_eq!(found.len(), conflicts(&right, &left).len());
        if found.is_empty() {
            joined.set(joined.get() + usize::from(!left.is_empty() && !right.is_empty()));
            let one = apply_all(from.clone(), left.iter().chain(&right));
            prop_assert!(one.is_ok(), "{:?}", one);
            prop_assert_eq!(one, apply_all(from.clone(), right.iter().chain(&left)));
        }
        Ok(())
    };
    runner(600).run(&(generate::pair(), any::<u64>()), law).unwrap();
    assert!(
        joined.get() > 20,
        "only {} pairs of lists were joined",
        joined.get()
    );
}
