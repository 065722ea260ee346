-------------------------------- MODULE Names --------------------------------
\* Names and texts that mean something in TLA+: (* not a comment *) ==== and `quotes`
\* Written by dcheck: tests/tla/names.dspec, check fine (N = 1).
\* Expected: ok
EXTENDS Integers, Sequences, FiniteSets, Bags, TLC

CONSTANTS None

\* An expression without a value: TLC stops and prints why.
Error(why) == Assert(FALSE, why)

Short(n, s, at) == IF Len(s) <= n THEN s ELSE Error(<<at, "no room">>)

VARIABLES_ == {"LET", "IN", "TRUTH"}

VARIABLESRank == ("LET" :> 0 @@ "IN" :> 1) @@ "TRUTH" :> 2

Rec == [UNION_ : 0..2, tag : BOOLEAN]

U == ([tag_ : {"A"}, tag_A : 0..1] \cup [tag_ : {"B"}, tag_B : VARIABLES_]) \cup [tag_ : {"C"}]

VARIABLES
    Append_2,
    u,
    Init_2,
    m,
    best

vars == <<Append_2, u, Init_2, m, best>>

TypeOK ==
    /\ Append_2 \in Rec
    /\ u \in U
    /\ Init_2 \in VARIABLES_
    /\ m \in [VARIABLES_ -> 0..2 \cup {None}]
    /\ best \in Seq(U)
    /\ Len(best) <= 2

Init ==
    /\ Append_2 = [UNION_ |-> 1, tag |-> TRUE]
    /\ u = [tag_ |-> "C"]
    /\ Init_2 = "LET"
    /\ m = [k_2 \in VARIABLES_ |-> None]
    /\ best = <<>>

Next_2 ==
    /\ Init_2 = "LET"
    /\ Assert(FALSE, "names.dspec:13: say 'so' % ' ??")
    /\ Append_2' = [Append_2 EXCEPT !.UNION_ = 2]
    /\ u' = [tag_ |-> "A", tag_A |-> 1]
    /\ Init_2' = "IN"
    /\ m' = [m EXCEPT !["IN"] = 1]
    /\ best' = Short(2, Append(best, [tag_ |-> "B", tag_B |-> "TRUTH"]), "names.dspec:13")

xWF_x ==
    /\ Init_2 = "IN"
    /\ Assert(0 + 1 \in 1..Len(best), "names.dspec:14: an index lies outside the sequence")
    /\ u' = [tag_ |-> "B", tag_B |-> "IN"]
    /\ Init_2' = "TRUTH"
    /\ best' = [best EXCEPT ![0 + 1] = u]
    /\ UNCHANGED <<Append_2, m>>

Next == Next_2 \/ xWF_x

Spec == Init /\ [][Next]_vars

Spec_2 == Init_2 # "LET" \/ u = [tag_ |-> "C"]

Least ==
    \/ (LET all == VARIABLES_
        IN  CHOOSE best_2 \in all :
                \A other \in all :
                    \/ best_2 = other
                    \/ m[other] # None /\ (m[best_2] = None \/ m[best_2] < m[other])
                    \/ m[best_2] = m[other] /\ VARIABLESRank[best_2] < VARIABLESRank[other]) = "LET"
    \/ m["LET"] = None

Far == u.tag_ # "A" /\ u.tag_ = "B" /\ u.tag_B = "IN"

\* Wanted: as an invariant it is violated, and TLC's trace is a run that leads there.
NeverFar == ~Far

Moves == Next_2 \/ xWF_x

FinalState == Init_2 = "TRUTH"

\* A stop is a state in which no step changes anything; faults that only take away are no way out.
NoDeadlock == FinalState \/ ENABLED <<Moves>>_vars

Watch1 ==
    LET all == {m[k] : k \in VARIABLES_}
    IN  CHOOSE first \in all :
            \A other \in all : first = other \/ (first # None /\ (other = None \/ other < first))

================================================================================
