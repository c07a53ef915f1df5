"""What travellers say first, per topic: patterns that `wording.vary` turns into many texts.

People word one wish in many ways and still use the few words that it is about; so do most of these.
The last one of each topic puts it less plainly, as some people do.
"""

_CODE = "[The booking code is|My booking code is|It's|Booking code|Reservation number|Code] {code}."

BOOK_FLIGHT = (
    "[I'd like to|I want to|I need to|We want to|We'd like to] [book a flight|book flights|"
    "book a plane ticket] from {origin} to {city} on {day}[.|, for {party}.|, direct if possible.]",
    "[Can|Could] you [find|look for|search for] [a cheap|a direct|a morning|an affordable] flight "
    "from {origin} to {city} on {day} [and book it|and book {party}|that I could book]?",
    "[Which flights go|Are there flights|What flights are there] from {origin} to {city} on {day}? "
    "[I'd book the cheapest ticket.|We'd book direct flights only.|Please book one for {party}.]",
    "How much is [a ticket|a flight|a one-way flight|a one-way ticket] from {origin} to {city} on "
    "{day}? [Book the flight|I'd book a flight|Book it] if the fare is below {price}.",
    "[My sister marries|I have a job interview|Our choir sings|A friend turns forty|We have "
    "a fair] "
    "in {city}, so [please book a flight|I want to book a flight|I have to book a flight] "
    "[from {origin}|there from {origin}], {day}.",
    "[Book me|Book us|Please book me] [a flight|a ticket|a seat on a flight] from {origin} to "
    "{city}, {day}[.|, cheapest fare.|, no stops.|, one way.]",
    "{name} here. I [want|need|wish] to fly from {origin} to {city} on {day}. [Book me a flight"
    "|Book the cheapest flight|Please book a ticket][.| with one stop at most.|, window seat.]",
    "[Looking for|Searching for|I'm after] [a flight|flight tickets|plane tickets|a direct flight] "
    "to {city} from {origin} on {day}, [to book today|for {party}|ready to book].",
    "We [fly|want to fly|hope to fly] to {city} for a [long weekend|few days|week]. [Can you book "
    "flights|Could you book the flight|Could you book tickets] from {origin} on {day} for {party}?",
    "What's the [cheapest|best|lowest] fare for a flight {origin} - {city} on {day}? "
    "[I want to book|I'm ready to book|I'd book] [a ticket|a flight] [today|for {party}|now].",
    "What [would it cost|do I pay] to fly from {origin} to {city} [around|on] {day}?",
)
CHANGE_FLIGHT = (
    "[Can I|Could I|Can you help me] change my flight [to {other_day}|from {day} to {other_day}|"
    f"to a later date|to an earlier date]? {_CODE}",
    "I [have to|need to|want to|must] [change|reschedule|change the date of] my flight, {reason}. "
    f"[A later date|An earlier date|{{other_day}}] [would be ideal|would suit me]. {_CODE}",
    "Please change my flight [to another day|to {other_day}|to a later one|to an earlier one]"
    "[, {reason}|]. [The new date should be {other_day}.|I can't fly on {day}.|] " + _CODE,
    "[How much|What] does it cost to change [my flight|the date of my flight|a flight date] "
    f"[to {{other_day}}|by a few days|from {{day}} to {{other_day}}]? {_CODE}",
    "[I picked|I chose|Somehow I took] the wrong date: [the flight|my flight] should be on "
    f"{{other_day}}, not {{day}}. [Please change it.|Can you change it?|Change it, please.] "
    f"{_CODE}",
    "[Can|Could] you [move|change|switch] [my flight|our flight] to [a later date|an earlier date|"
    f"a different day|{{other_day}}]? [{{reason_start}}.|{{day}} is impossible.|] {_CODE}",
    "[Postpone|Reschedule|Change|Rebook] my flight [to {other_day}|to a new date|to a later day]"
    f"[, please|]. {{reason_start}}. {_CODE}",
    "{reason_start}, so [I need to change|I have to change|I'd like to change] the date of my "
    f"flight[| to {{other_day}}]. [What is the change fee?|Is there a change fee?|] {_CODE}",
    "[Is it possible|Would it be possible] to change [to a later flight on {other_day}|to an "
    f"earlier flight on the same day|my flight date to {{other_day}}]? {_CODE}",
    "We need [another date|a later date|a new date] for our flight: {other_day} instead of {day}. "
    f"[Can it be changed|Can you change the flight]? {_CODE}",
    "My booking says {day}, but I [want to fly|have to fly|can only fly] on {other_day}. "
    f"[Can I change that?|] {_CODE}",
)
CANCEL_BOOKING = (
    "[Please cancel|I want to cancel|I'd like to cancel|I need to cancel|We have to cancel] "
    "[my booking|our booking|the whole booking][, {reason}|]. "
    f"[Do I get a refund?|How much is the refund?|I'd like a refund.|Is it refundable?|] {_CODE}",
    "[Can I|Could I|Is it possible to] cancel my booking and get [a refund|a full refund|my money "
    f"back|the money refunded]? [{{reason_start}}.|] {_CODE}",
    f"{{reason_start}}, so [please cancel|I must cancel|I have to cancel] [my|our] booking. "
    f"{_CODE} "
    "[What refund do I get?|Refund it to my card.|When is it refunded?|]",
    "[How much|What] do I get [back|refunded] if I cancel [the booking|my booking|now]? "
    f"[{{reason_start}}.|] {_CODE}",
    "Cancel [my booking|the booking|everything in my booking] [and refund me|for a refund|and "
    f"return the money], please. {_CODE}",
    "[Is my booking|Is our booking|Is this booking] refundable? [If so, cancel it.|Then I would "
    f"cancel it.|We'd like to cancel.] {_CODE}",
    "[We can't|I can't|None of us can] travel any more. [Cancel our booking|Cancel the booking|"
    f"The booking has to be cancelled] and refund [us|me|the card], please. {_CODE}",
    "I'd like [a refund|my money back|a cancellation]: [{reason}|the trip is off|nobody can go]. "
    f"[Cancel my booking|Please cancel the booking]. {_CODE}",
    "[You cancelled|The airline cancelled] flight {flight} [on me|without a word]. I'd like "
    f"[a full refund|my money back]. {_CODE}",
)
ADD_BAGGAGE = (
    "[I'd like to|I want to|I need to|I have to] add [{bag}|a checked bag|an extra bag|"
    f"another bag] [to my baggage|as checked baggage|as extra baggage|to my luggage]. {_CODE}",
    "How much [baggage|luggage] is included[ in my fare|]? I'd like to add "
    f"[{{bag}}|a checked bag|one more bag]. {_CODE}",
    "[What does|How much does] [{bag}|an extra bag|a checked bag] cost as [checked baggage|"
    f"extra baggage|checked luggage]? [Please add it.|Add the bag if it's below {{price}}.] "
    f"{_CODE}",
    "[Can|Could] you add [{bag}|an extra bag|a checked bag] [to my baggage|as baggage|to our "
    f"luggage]? [My baggage allowance is zero.|The bag weighs 21 kg.|] {_CODE}",
    "[We packed too much|My suitcase is full|I bought too much], so I need extra "
    "[baggage|luggage]: "
    f"[{{bag}}|a checked bag|one more bag]. [Can you add it?|What's the baggage fee?] {_CODE}",
    "Does {bag} [count|pass] as [checked baggage|cabin baggage|checked luggage], or do I pay a "
    f"baggage fee? {_CODE}",
    "My baggage allowance [is too small|is only a cabin bag|isn't enough]. [I need to add|Please "
    f"add|Let me add] [{{bag}}|a checked bag|an extra bag]. {_CODE}",
    f"I'm [travelling|flying] to {{city}} with {{bag}}. [What's the fee|Is it included]? {_CODE}",
)
BOOK_HOTEL = (
    "[Can|Could] you [find|book|recommend] a [hotel|hotel room|good hotel] [in {city}|in "
    "the centre "
    "of {city}] [for {nights} nights from {day}|from {day}][?| for {party}?| with breakfast?]",
    "[I need|I'd like to book|We need|We want to book] a hotel room in {city}, [{nights} nights, "
    "|][check-in {day}|from {day}|arriving {day}][.|, breakfast included.|, somewhere quiet.]",
    "Does {hotel} in {city} have a [hotel room|double room|room] free [on|from] {day}? [I'd book "
    "the room.|Any other good hotel will do.|Breakfast would be nice.]",
    "Which hotels [are near|are close to] the [centre|station|old town] of {city}? [A double room|"
    "A room|A hotel room] [from {day}|for {nights} nights from {day}] is what we need.",
    "Please book [a room at {hotel}|a hotel room|a room in a nice hotel] in {city}"
    "[ for {nights} nights|], [check-in {day}|from {day}].",
    "[Looking for|Searching for] a [hotel|hotel room|room in a small hotel] in {city} from {day}, "
    "[{nights} nights|nothing fancy|with breakfast|for {party}].",
    "We arrive in {city} on {day} and need a [hotel|hotel room][ for {nights} nights|]. [With "
    "breakfast|Near the station|Somewhere quiet], please.",
    "Where can [we|I] stay in {city}[, {party}|]? [We arrive|The first night is|Check-in is] "
    "on {day}.",
)
FLIGHT_STATUS = (
    "Is flight {flight} [on time|delayed|delayed again] today? [What's the flight "
    "status|What is the "
    "flight status|Which gate is it]?",
    "[Has my flight been delayed|Is my flight delayed|Is my flight on time]? [Which gate does it "
    f"leave from?|What's the new departure time?|What's the flight status?] {_CODE}",
    "What is the flight status of {flight}: is it [on time|delayed], and at which gate?",
    "[What's|Can you check|Could you look up] the [flight status|flight status|status] of flight "
    "{flight}? [Is it delayed|Is it on time|I heard it's delayed. Is that so]?",
    "The [departures board|airport app|display at the gate] says my flight {flight} is delayed. "
    "[What's the new departure time|What is the flight status now|How long is the delay]?",
    "There's [a strike|a storm|fog] at the airport. [Is flight {flight} delayed|Is flight {flight} "
    "on time|Does flight {flight} still depart on time]?",
    "I'm picking up a friend: is flight {flight} [delayed|on time], and when does it "
    "[land|arrive]?",
    "Will I still catch flight {flight}? [My train|The airport bus|My taxi] is late.",
)
