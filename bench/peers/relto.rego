# The rules of DESIGN 5 as far as the dossier's agreements have them. Every look-up goes by key; nothing is searched
# but the few windows of an edge, the topics of one item and the consents of one originator to one recipient.
package relto

import rego.v1

default permit := false

permit if {
	released_to
	edge := data.edges[provider][input.recipient]
	some window in edge.windows[input.act]
	input.at >= window[0]
	input.at < window[1]
	some topic in input.topics
	topic in edge.scope
	edge.ranks[input.originator][input.mark] # by itself, for the virtual machine lets `rank` be undefined
	rank := edge.ranks[input.originator][input.mark]
	purpose_provided
	may_see(edge, rank)
	originator_agrees(edge)
}

holding if {
	input.sender == input.recipient
	input.act in data.holders_acts
}

provider := input.originator if holding

provider := input.sender if not holding

released_to if input.recipient == input.originator

released_to if not input.rel_to

released_to if input.recipient in input.rel_to

may_see(_, _) if not input.person

may_see(edge, rank) if {
	input.person
	in_eyes
	cleared(edge, rank)
	needs_it(edge)
	on_register(edge, rank)
}

in_eyes if not input.eyes

in_eyes if input.person.id in input.eyes

cleared(edge, _) if not edge.asks_clearance

cleared(edge, rank) if {
	edge.asks_clearance
	input.person.party == input.recipient
	input.person.clearance in edge.clears[rank]
	input.at < input.person.until[edge.zone]
}

needs_it(edge) if not edge.asks_need

needs_it(edge) if {
	edge.asks_need
	some need in input.person.needs
	need in input.topics
}

on_register(edge, _) if not edge.sites

on_register(edge, rank) if {
	site := edge.sites[input.person.facility]
	rank in site.ranks
	input.person.id in site.register
}

purpose_provided if input.asked == input.purpose

purpose_provided if {
	input.asked != input.purpose
	some consent in consents
	consent.purpose == input.asked
}

originator_agrees(edge) if not controlled(edge)

originator_agrees(edge) if {
	controlled(edge)
	some consent in consents
	consent.purpose in {"", input.asked}
}

controlled(edge) if {
	input.originator != edge.provider
	input.originator != input.recipient
}

controlled(_) if {
	input.orcon
	input.act in data.copying
	input.originator != input.recipient
}

consents contains consent if {
	some consent in data.consents[input.originator][input.recipient]
	input.at >= consent.start
	input.at < consent.end
	about(consent)
}

about(consent) if consent.item == input.item

about(consent) if {
	consent.item == ""
	consent.topic in input.topics
}
