/// Every command, in the order in which help shows them.
enum CommandTable {
  static let groups = [
    CommandGroup(name: "rules", summary: "Checks and tries rule files"),
    CommandGroup(name: "records", summary: "Finds what came in"),
    CommandGroup(name: "deliveries", summary: "Shows what was sent, what waits and what died"),
    CommandGroup(name: "quarantine", summary: "What could not be accepted"),
    CommandGroup(name: "destinations", summary: "Shows and holds destinations"),
  ]

  static let commands: [Command] = [
    .deliveriesList,
    .deliveriesShow,
    .deliveriesSummary,
    .deliveriesCancel,
    .deliveriesClose,
    .replay,
  ]
}
