-------------------------------- MODULE Bounds --------------------------------
\* What ends a search, and what TLA+ has no words for.
\* Written by dcheck: tests/tla/bounds.dspec.
\* Expected: cut
\* Note: Ticks uses `until`, which TLA+ has no formula for; it is not in the module.
\* Note: Free uses `can`, which TLA+ has no formula for; it is not in the module.
EXTENDS Integers, Sequences, FiniteSets, Bags, TLC

CONSTANTS Id1, Id2

\* An expression without a value: TLC stops and prints why.
Error(why) == Assert(FALSE, why)

\* The value is computed here, whether it is used or not.
Evaluated(x) == x = x

Checked(x, S, at) ==
    IF x \in S THEN x ELSE Error(<<at, "a value lies outside the range it is stored in">>)

SmallBag(n, b, at) == IF BagCardinality(b) <= n THEN b ELSE Error(<<at, "no room">>)

Id == {Id1, Id2}

Message == [tag : {"Tick"}, to : Id, n : 0..3]

VARIABLES
    total,
    clock_count,
    watcher_seen,
    unordered_msgs

vars == <<total, clock_count, watcher_seen, unordered_msgs>>

TypeOK ==
    /\ total \in 0..6
    /\ clock_count \in 0..3
    /\ DOMAIN watcher_seen = Id
    /\ \A k \in Id : /\ BagToSet(watcher_seen[k]) \subseteq 0..3
                     /\ BagCardinality(watcher_seen[k]) <= 2
    /\ BagToSet(unordered_msgs) \subseteq Message
    /\ BagCardinality(unordered_msgs) <= 1

Init ==
    /\ total = 0
    /\ clock_count = 0
    /\ watcher_seen = [i \in Id |-> EmptyBag]
    /\ unordered_msgs = EmptyBag

\* Goes on for ever but for the bounds.
clock_tick ==
    /\ clock_count < 3
    /\ LET clock_count_2 == Checked(clock_count + 1, 0..3, "bounds.dspec:15")
       IN  /\ Evaluated(clock_count_2)
           /\ BagCardinality(unordered_msgs) < 1
           /\ clock_count' = clock_count_2
           /\ unordered_msgs' = SmallBag(1,
                                         unordered_msgs
                                           (+) SetToBag({[tag |-> "Tick", to |-> Id1,
                                                          n |-> clock_count_2]}),
                                         "unordered.dspec:13")
           /\ UNCHANGED <<total, watcher_seen>>

clock_again ==
    /\ clock_count = 3
    /\ total + 3 \in 0..6
    /\ total' = total + 3
    /\ clock_count' = 0
    /\ UNCHANGED <<watcher_seen, unordered_msgs>>

watcher_on_Tick(i) ==
    /\ BagCardinality(watcher_seen[i]) < 2
    /\ \E m \in BagToSet(unordered_msgs) :
           /\ m.to = i
           /\ LET watcher_seen_2 ==
                      [watcher_seen EXCEPT
                          ![i] = SmallBag(2, watcher_seen[i] (+) SetToBag({m.n}), "bounds.dspec:20")]
              IN  /\ Evaluated(watcher_seen_2)
                  /\ total + m.n \in 0..6
                  /\ total' = total + m.n
                  /\ watcher_seen' = watcher_seen_2
                  /\ unordered_msgs' = unordered_msgs (-) SetToBag({m})
                  /\ UNCHANGED clock_count

watcher_forget(i) ==
    /\ watcher_seen[i] # EmptyBag
    /\ \E x \in BagToSet(watcher_seen[i]) :
           /\ watcher_seen' = [watcher_seen EXCEPT ![i] = watcher_seen[i] (-) SetToBag({x})]
           /\ UNCHANGED <<total, clock_count, unordered_msgs>>

Next ==
    \/ clock_tick
    \/ clock_again
    \/ \E self \in Id : watcher_on_Tick(self)
    \/ \E self \in Id : watcher_forget(self)

\* Fairness, an obligation for each process, message or binding:
\*   weak: watcher: forget
Fairness == \A self \in Id : WF_vars(watcher_forget(self))

Spec == Init /\ [][Next]_vars /\ Fairness

\* States outside are found and tested, and nothing is tried from them.
WithinBound == total # 5

Few == BagCardinality(watcher_seen[Id1]) <= 2

Nothing == total = 0

Up == [][total <= total']_vars

\* Ticks (bounds.dspec:28) is left out: TLA+ has no formula for `until`.

\* Free (bounds.dspec:29) is left out: TLA+ has no formula for `can`.

Forgets ==
    /\ watcher_seen[Id1] # EmptyBag ~> watcher_seen[Id1] = EmptyBag
    /\ watcher_seen[Id2] # EmptyBag ~> watcher_seen[Id2] = EmptyBag

Moves ==
    \/ clock_tick
    \/ clock_again
    \/ \E self \in Id : watcher_on_Tick(self)
    \/ \E self \in Id : watcher_forget(self)

\* Some step leads beyond a bound of the search: it is no step of Next.
CutStep ==
    \/ /\ clock_count < 3
       /\ LET clock_count_2 == Checked(clock_count + 1, 0..3, "bounds.dspec:15")
          IN  Evaluated(clock_count_2) /\ ~(BagCardinality(unordered_msgs) < 1)
    \/ clock_count = 3 /\ total + 3 \notin 0..6
    \/ \E i \in Id :
           /\ BagCardinality(watcher_seen[i]) < 2
           /\ \E m \in BagToSet(unordered_msgs) :
                  /\ m.to = i
                  /\ LET watcher_seen_2 ==
                             [watcher_seen EXCEPT
                                 ![i] = SmallBag(2, watcher_seen[i] (+) SetToBag({m.n}),
                                                 "bounds.dspec:20")]
                     IN  Evaluated(watcher_seen_2) /\ total + m.n \notin 0..6

\* A stop is a state in which no step changes anything; faults that only take away are no way out.
NoDeadlock == ~WithinBound \/ ENABLED <<Moves>>_vars \/ CutStep

================================================================================
