//! What to do about a finding: profiles, actions, the door table, the ratchet, the verdict.
