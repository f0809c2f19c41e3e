//! The names of commands, which `rename-command` takes away and gives.

use std::sync::LazyLock;

use super::refused::Refused;

/// The commands of redis-server 7.0.15, sorted.
static COMMANDS: LazyLock<Vec<&[u8]>> =
    LazyLock::new(|| include_str!("commands.txt").lines().map(str::as_bytes).collect());

/// The commands of a server, as far as they were renamed.
#[derive(Debug, Default)]
pub(crate) struct Commands {
    /// Those that were renamed away.
    gone: Vec<Vec<u8>>,
    /// What they are called now.
    new: Vec<Vec<u8>>,
}

impl Commands {
    /// Renames a command; to nothing it is gone. What an earlier line did to a name holds in every version; which names there
    /// are at all depends on it.
    pub(crate) fn rename(&mut self, command: &[u8], to: &[u8]) -> Result<(), Refused> {
        let (command, to) = (command.to_ascii_lowercase(), to.to_ascii_lowercase());
        if !self.has(&command) {
            if self.gone.contains(&command) {
                return Err(Refused::value("the command was renamed before".to_owned()));
            }
            return Err(Refused::doubtful("there is no such command".to_owned()));
        }
        if !to.is_empty() && to != command && self.has(&to) {
            let message = "a command of the new name exists".to_owned();
            let was_given = self.new.contains(&to);
            return Err(if was_given { Refused::value(message) } else { Refused::doubtful(message) });
        }
        self.new.retain(|name| *name != command);
        self.gone.push(command);
        self.new.push(to);
        Ok(())
    }

    fn has(&self, name: &[u8]) -> bool {
        let is = |known: &Vec<u8>| known == name;
        self.new.iter().any(is) || (COMMANDS.binary_search(&name).is_ok() && !self.gone.iter().any(is))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_sorted() {
        assert!(COMMANDS.is_sorted() && COMMANDS.iter().all(|name| Commands::default().has(name)));
        assert!(!Commands::default().has(b"no-command"));
    }

    #[test]
    fn a_command_is_renamed_once() {
        let mut commands = Commands::default();
        assert!(commands.rename(b"CONFIG", b"").is_ok());
        assert!(commands.rename(b"config", b"x").is_err_and(|refused| refused.certain));
        assert!(commands.rename(b"flushall", b"y").is_ok() && commands.rename(b"y", b"z").is_ok());
        assert!(commands.rename(b"flushdb", b"Z").is_err_and(|refused| refused.certain));
        assert!(commands.rename(b"of-tomorrow", b"").is_err_and(|refused| !refused.certain));
    }
}
