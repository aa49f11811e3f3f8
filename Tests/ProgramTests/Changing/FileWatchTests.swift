import Foundation
import TestSupport
import Testing

@testable import cdrelay

@Suite struct FileWatchTests {
  @Test func aChangedFileIsLoadedOnceItRests() {
    var watch = FileWatch(loaded: 1)
    #expect([1, 2, 3, 3, 3, 4, 4].map { watch.look($0) } == [false, false, false, true, false, false, true])
  }

  @Test func aFileThatIsGoneForAMomentIsWaitedFor() {
    var watch = FileWatch(loaded: 1)
    #expect([nil, 1, 1].map { watch.look($0) } == [false, false, false])
    #expect([nil, 2, 2].map { watch.look($0) } == [false, false, true])
    watch.wasLoaded(3)
    #expect(!watch.look(3) && !watch.look(3))
  }

  @Test func aFileThatStaysGoneIsToldOnceAndTakenWhenItIsBack() {
    var watch = FileWatch(loaded: 1)
    #expect([nil, nil, nil, nil].map { watch.look($0) } == [false, true, false, false])
    #expect([1, 1, 1].map { watch.look($0) } == [false, true, false])
    var gone = FileWatch<Int>(loaded: nil)
    #expect([nil, nil, 1, 1].map { gone.look($0) } == [false, false, false, true])
  }

  @Test func writingRenamingAndTurningALinkAllCount() throws {
    let folder = try TemporaryFolder()
    let (a, b, link) = (folder.file("a"), folder.file("b"), folder.file("link"))
    try Data("1".utf8).write(to: URL(fileURLWithPath: a))
    try Data("2".utf8).write(to: URL(fileURLWithPath: b))
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: a)
    var seen = [FileStamp(path: link)]
    #expect(seen[0] == FileStamp(path: a))
    try Data("12".utf8).write(to: URL(fileURLWithPath: a))
    seen.append(FileStamp(path: link))
    unlink(link)
    #expect(FileStamp(path: link) == nil)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: b)
    seen.append(FileStamp(path: link))
    rename(a, b)
    seen.append(FileStamp(path: link))
    for (index, stamp) in seen.enumerated() { #expect(!seen[..<index].contains(stamp), "\(index)") }
  }
}
