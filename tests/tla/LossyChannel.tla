----------------------------- MODULE LossyChannel -----------------------------
\* Reliable transfer over a channel that loses, repeats and reorders: sequence numbers and resending.
\* 
\* The sender sends item after item, each with a sequence number modulo M, and again until it is acknowledged. The
\* receiver takes the number that it expects and acknowledges whatever comes.
\* Over a queue two numbers are enough (the alternating bit of Bartlett, Scantlebury and Wilkinson, 1969). Over a channel
\* that reorders they are not: an old copy comes back when its number is expected again.
\* Written by dcheck: specs/lossy_channel.dspec (Items = 3, M = 8).
\* Expected: ok
EXTENDS Integers, Sequences, FiniteSets, Bags, TLC

\* An expression without a value: TLC stops and prints why.
Error(why) == Assert(FALSE, why)

\* The value is computed here, whether it is used or not.
Evaluated(x) == x = x

Checked(x, S, at) ==
    IF x \in S THEN x ELSE Error(<<at, "a value lies outside the range it is stored in">>)

Short(n, s, at) == IF Len(s) <= n THEN s ELSE Error(<<at, "no room">>)

SmallBag(n, b, at) == IF BagCardinality(b) <= n THEN b ELSE Error(<<at, "no room">>)

Message == [tag : {"Data"}, n : 0..7, item : 1..3] \cup [tag : {"Ack"}, n : 0..7]

VARIABLES
    sender_next,
    receiver_got,
    unordered_msgs,
    used_lose,
    used_duplicate

vars == <<sender_next, receiver_got, unordered_msgs, used_lose, used_duplicate>>

TypeOK ==
    /\ sender_next \in 1..4
    /\ receiver_got \in Seq(1..3)
    /\ Len(receiver_got) <= 4
    /\ BagToSet(unordered_msgs) \subseteq Message
    /\ BagCardinality(unordered_msgs) <= 3
    /\ used_lose \in 0..2
    /\ used_duplicate \in 0..2

Init ==
    /\ sender_next = 1
    /\ receiver_got = <<>>
    /\ unordered_msgs = EmptyBag
    /\ used_lose = 0
    /\ used_duplicate = 0

sender_transmit ==
    /\ sender_next <= 3
    /\ LET value == sender_next % 8
           value_2 == Checked(sender_next, 1..3, "lossy_channel.dspec:25")
       IN  /\ Evaluated(value_2)
           /\ BagCardinality(unordered_msgs) < 3
           /\ unordered_msgs' = SmallBag(3,
                                         unordered_msgs
                                           (+) SetToBag({[tag |-> "Data", n |-> value,
                                                          item |-> value_2]}), "unordered.dspec:13")
           /\ UNCHANGED <<sender_next, receiver_got, used_lose, used_duplicate>>

sender_on_Ack ==
    \E m \in BagToSet(unordered_msgs) :
        /\ (IF m.tag = "Data" THEN [tag |-> "receiver"] ELSE [tag |-> "sender"]) = [tag |-> "sender"]
        /\ m.tag = "Ack"
        /\ IF sender_next <= 3 /\ m.n = sender_next % 8
              THEN /\ sender_next' = Checked(sender_next + 1, 1..4, "lossy_channel.dspec:26")
                   /\ unordered_msgs' = unordered_msgs (-) SetToBag({m})
                   /\ UNCHANGED <<receiver_got, used_lose, used_duplicate>>
              ELSE /\ unordered_msgs' = unordered_msgs (-) SetToBag({m})
                   /\ UNCHANGED <<sender_next, receiver_got, used_lose, used_duplicate>>

receiver_on_Data ==
    \E m \in BagToSet(unordered_msgs) :
        /\ (IF m.tag = "Data" THEN [tag |-> "receiver"] ELSE [tag |-> "sender"]) = [tag |-> "receiver"]
        /\ m.tag = "Data"
        /\ LET unordered_msgs_2 == unordered_msgs (-) SetToBag({m})
           IN  /\ BagCardinality(unordered_msgs_2) < 3
               /\ receiver_got' = (IF m.n = (Len(receiver_got) + 1) % 8 /\ Len(receiver_got) <= 3
                                      THEN Short(4, Append(receiver_got, m.item),
                                                 "lossy_channel.dspec:33")
                                      ELSE receiver_got)
               /\ unordered_msgs' = SmallBag(3,
                                             unordered_msgs_2 (+) SetToBag({[tag |-> "Ack",
                                                                             n |-> m.n]}),
                                             "unordered.dspec:13")
               /\ UNCHANGED <<sender_next, used_lose, used_duplicate>>

lose ==
    \E m \in BagToSet(unordered_msgs) :
        /\ used_lose < 2
        /\ unordered_msgs' = unordered_msgs (-) SetToBag({m})
        /\ used_lose' = Checked(used_lose + 1, 0..2, "unordered.dspec:17")
        /\ UNCHANGED <<sender_next, receiver_got, used_duplicate>>

duplicate ==
    \E m \in BagToSet(unordered_msgs) :
        /\ BagCardinality(unordered_msgs) < 3
        /\ used_duplicate < 2
        /\ unordered_msgs' = SmallBag(3, unordered_msgs (+) SetToBag({m}), "unordered.dspec:18")
        /\ used_duplicate' = Checked(used_duplicate + 1, 0..2, "unordered.dspec:18")
        /\ UNCHANGED <<sender_next, receiver_got, used_lose>>

Next == sender_transmit \/ sender_on_Ack \/ receiver_on_Data \/ lose \/ duplicate

Spec == Init /\ [][Next]_vars

\* What has arrived is a beginning of what was sent, in order and once.
InOrder == \A i \in 0..Len(receiver_got) - 1 : receiver_got[i + 1] = i + 1

NotAhead == sender_next <= Len(receiver_got) + 1

Delivered == Len(receiver_got) = 3 /\ sender_next = 4

\* Wanted: as an invariant it is violated, and TLC's trace is a run that leads there.
NeverDelivered == ~Delivered

LostTwo == used_lose = 2 /\ Len(receiver_got) = 3

\* Wanted: as an invariant it is violated, and TLC's trace is a run that leads there.
NeverLostTwo == ~LostTwo

Moves == sender_transmit \/ sender_on_Ack \/ receiver_on_Data

FinalState == sender_next = 4

\* A stop is a state in which no step changes anything; faults that only take away are no way out.
NoDeadlock == FinalState \/ ENABLED <<Moves>>_vars

================================================================================
