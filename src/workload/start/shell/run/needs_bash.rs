//! Scripts that only bash reads to the end.

use crate::workload::start::shell::syntax::{Argument, ArmEnd, AssignedValue, Assignment, Command, CommandKind, List};

/// Whether dash and busybox refuse the syntax of a script: where a server comes up, bash runs it.
pub(super) fn needs_bash(list: &List) -> bool {
    list.iter().any(|item| {
        let mut pipelines = std::iter::once(&item.first).chain(item.rest.iter().map(|(_, pipeline)| pipeline));
        pipelines.any(|pipeline| pipeline.commands.iter().any(command_needs_bash))
    })
}

fn command_needs_bash(command: &Command) -> bool {
    match &command.kind {
        CommandKind::Simple { assignments, .. } => assignments.iter().any(is_array),
        CommandKind::Declare { arguments, .. } => arguments
            .iter()
            .any(|argument| matches!(argument, Argument::Assignment(assignment) if is_array(assignment))),
        CommandKind::Group(list) | CommandKind::Subshell(list) => needs_bash(list),
        CommandKind::If { branches, otherwise } => {
            branches.iter().any(|(condition, body)| needs_bash(condition) || needs_bash(body))
                || otherwise.as_ref().is_some_and(needs_bash)
        }
        CommandKind::Loop { condition, body, .. } => needs_bash(condition) || needs_bash(body),
        CommandKind::For { body, .. } => needs_bash(body),
        CommandKind::ArithmeticFor { .. } => true,
        CommandKind::Case { arms, .. } => arms.iter().any(|arm| arm.end != ArmEnd::Leave || needs_bash(&arm.body)),
        CommandKind::Function { body, is_keyword, .. } => *is_keyword || command_needs_bash(body),
        CommandKind::Condition(_) | CommandKind::Arithmetic(_) => false,
    }
}

fn is_array(assignment: &Assignment) -> bool {
    matches!(assignment.value, AssignedValue::Array(_))
}
