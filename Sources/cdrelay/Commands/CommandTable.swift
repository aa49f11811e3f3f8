/// Every command, in the order in which help shows them.
enum CommandTable {
  static let groups = [
    CommandGroup(name: "rules", summary: "Checks and tries rule files"),
    CommandGroup(name: "presets", summary: "Shows what the rule file's presets for CRMs are made of"),
    CommandGroup(name: "sources", summary: "Says what to enter at the providers"),
    CommandGroup(name: "recordings", summary: "Makes links to recordings"),
    CommandGroup(name: "records", summary: "Finds what came in"),
    CommandGroup(name: "calls", summary: "Shows the calls that clients placed"),
    CommandGroup(name: "deliveries", summary: "Shows what was sent, what waits and what died; lays it aside"),
    CommandGroup(
      name: "quarantine", summary: "Shows what could not be accepted; sends it round again or lays it aside"),
    CommandGroup(
      name: "refused", summary: "Shows kept requests without a valid credential; sends them on or lays them aside"),
    CommandGroup(name: "destinations", summary: "Shows destinations, holds them, lets them go on, tries them"),
    CommandGroup(name: "simulate", summary: "Plays the providers, from their documents, for trying without one"),
  ]

  static let commands: [Command] = [
    .serve, .demo,
    .rulesCheck, .rulesTest, .rulesExplain, .rulesDiff, .rulesApply, .rulesRollback, .rulesHistory, .rulesFields,
    .rulesSchema, .rulesInit,
    .presetsList, .presetsShow,
    .sourcesURL,
    .recordingsLink,
    .status, .doctor,
    .find, .tail,
    .recordsList, .recordsShow,
    .callsList, .callsShow,
    .deliveriesList, .deliveriesShow, .deliveriesSummary, .deliveriesCancel, .deliveriesClose,
    .replay,
    .backfill, .reconcile,
    .quarantineList, .quarantineShow, .quarantineReplay, .quarantineDiscard,
    .refusedList, .refusedShow, .refusedReplay, .refusedDiscard,
    .destinationsList, .destinationsPause, .destinationsResume, .destinationsTest,
    .importing,
    .backup, .erase,
    .simulateTelecmi, .simulateCallr, .simulateAPI,
  ]
}
