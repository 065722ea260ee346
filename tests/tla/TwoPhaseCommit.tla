---------------------------- MODULE TwoPhaseCommit ----------------------------
\* Two-phase commit (Gray and Lamport, "Consensus on Transaction Commit"): one coordinator, N resource managers.
\* Written by dcheck: specs/two_phase_commit.dspec (N = 3).
\* Expected: ok
EXTENDS Integers, Sequences, FiniteSets, Bags, TLC

CONSTANTS RM1, RM2, RM3

RM == {RM1, RM2, RM3}

Message == ([tag : {"Prepared"}, from : RM] \cup [tag : {"Commit"}]) \cup [tag : {"Abort"}]

VARIABLES
    rm_state,
    coordinator_decision,
    coordinator_prepared,
    persistent_msgs

vars == <<rm_state, coordinator_decision, coordinator_prepared, persistent_msgs>>

TypeOK ==
    /\ rm_state \in [RM -> {"working", "prepared", "committed", "aborted"}]
    /\ coordinator_decision \in {"none_yet", "commit", "abort"}
    /\ coordinator_prepared \subseteq RM
    /\ persistent_msgs \subseteq Message

Init ==
    /\ rm_state = [r \in RM |-> "working"]
    /\ coordinator_decision = "none_yet"
    /\ coordinator_prepared = {}
    /\ persistent_msgs = {}

rm_prepare(r) ==
    /\ rm_state[r] = "working"
    /\ rm_state' = [rm_state EXCEPT ![r] = "prepared"]
    /\ persistent_msgs' = persistent_msgs \cup {[tag |-> "Prepared", from |-> r]}
    /\ UNCHANGED <<coordinator_decision, coordinator_prepared>>

rm_give_up(r) ==
    /\ rm_state[r] = "working"
    /\ rm_state' = [rm_state EXCEPT ![r] = "aborted"]
    /\ UNCHANGED <<coordinator_decision, coordinator_prepared, persistent_msgs>>

rm_on_Commit(r) ==
    \E m \in persistent_msgs :
        /\ m.tag = "Commit"
        /\ rm_state' = [rm_state EXCEPT ![r] = "committed"]
        /\ UNCHANGED <<coordinator_decision, coordinator_prepared, persistent_msgs>>

rm_on_Abort(r) ==
    \E m \in persistent_msgs :
        /\ m.tag = "Abort"
        /\ rm_state' = [rm_state EXCEPT ![r] = "aborted"]
        /\ UNCHANGED <<coordinator_decision, coordinator_prepared, persistent_msgs>>

coordinator_on_Prepared ==
    \E m \in persistent_msgs :
        /\ m.tag = "Prepared"
        /\ coordinator_decision = "none_yet"
        /\ coordinator_prepared' = coordinator_prepared \cup {m.from}
        /\ UNCHANGED <<rm_state, coordinator_decision, persistent_msgs>>

coordinator_commit ==
    /\ coordinator_decision = "none_yet"
    /\ coordinator_prepared = RM
    /\ coordinator_decision' = "commit"
    /\ persistent_msgs' = persistent_msgs \cup {[tag |-> "Commit"]}
    /\ UNCHANGED <<rm_state, coordinator_prepared>>

coordinator_abort ==
    /\ coordinator_decision = "none_yet"
    /\ coordinator_decision' = "abort"
    /\ persistent_msgs' = persistent_msgs \cup {[tag |-> "Abort"]}
    /\ UNCHANGED <<rm_state, coordinator_prepared>>

Next ==
    \/ \E self \in RM : rm_prepare(self)
    \/ \E self \in RM : rm_give_up(self)
    \/ \E self \in RM : rm_on_Commit(self)
    \/ \E self \in RM : rm_on_Abort(self)
    \/ coordinator_on_Prepared
    \/ coordinator_commit
    \/ coordinator_abort

Spec == Init /\ [][Next]_vars

Consistent == ~(\E r \in RM : rm_state[r] = "committed" /\ (\E s \in RM : rm_state[s] = "aborted"))

\* Refinement: seen through these definitions, the spec behaves as transaction_commit.
tc_state ==
    [r \in RM |-> LET x == rm_state[r]
                  IN  IF x = "working"
                         THEN "working"
                      ELSE IF x = "prepared"
                         THEN "prepared"
                      ELSE IF x = "committed"
                         THEN "committed"
                         ELSE "aborted"]

tc_Init == tc_state = [k_2 \in RM |-> "working"]

tc_prepare ==
    \E p \in RM : tc_state[p] = "working" /\ tc_state' = [tc_state EXCEPT ![p] = "prepared"]

\* Only when nobody is still working or has aborted.
tc_commit ==
    \E p \in RM :
        /\ tc_state[p] = "prepared"
        /\ \A q \in RM : tc_state[q] \in {"prepared", "committed"}
        /\ tc_state' = [tc_state EXCEPT ![p] = "committed"]

\* Only when nobody has committed.
tc_abort ==
    \E p \in RM :
        /\ tc_state[p] \in {"working", "prepared"}
        /\ \A q \in RM : tc_state[q] # "committed"
        /\ tc_state' = [tc_state EXCEPT ![p] = "aborted"]

tc == tc_Init /\ [][tc_prepare \/ tc_commit \/ tc_abort]_<<tc_state>>

tc_Consistent ==
    ~(\E p \in RM :
          /\ [r \in RM |-> LET x == rm_state[r]
                           IN  IF x = "working"
                                  THEN "working"
                               ELSE IF x = "prepared"
                                  THEN "prepared"
                               ELSE IF x = "committed"
                                  THEN "committed"
                                  ELSE "aborted"][p] = "aborted"
          /\ \E q \in RM :
                 [r_2 \in RM |-> LET x_2 == rm_state[r_2]
                                 IN  IF x_2 = "working"
                                        THEN "working"
                                     ELSE IF x_2 = "prepared"
                                        THEN "prepared"
                                     ELSE IF x_2 = "committed"
                                        THEN "committed"
                                        ELSE "aborted"][q] = "committed")

\* Everybody commits; and somebody has aborted by itself, before there was a decision.
AllCommit == \A r \in RM : rm_state[r] = "committed"

\* Wanted: as an invariant it is violated, and TLC's trace is a run that leads there.
NeverAllCommit == ~AllCommit

GivenUp == coordinator_decision = "none_yet" /\ (\E r \in RM : rm_state[r] = "aborted")

\* Wanted: as an invariant it is violated, and TLC's trace is a run that leads there.
NeverGivenUp == ~GivenUp

Moves ==
    \/ \E self \in RM : rm_prepare(self)
    \/ \E self \in RM : rm_give_up(self)
    \/ \E self \in RM : rm_on_Commit(self)
    \/ \E self \in RM : rm_on_Abort(self)
    \/ coordinator_on_Prepared
    \/ coordinator_commit
    \/ coordinator_abort

FinalState == \A r \in RM : rm_state[r] \in {"committed", "aborted"}

\* A stop is a state in which no step changes anything; faults that only take away are no way out.
NoDeadlock == FinalState \/ ENABLED <<Moves>>_vars

================================================================================
