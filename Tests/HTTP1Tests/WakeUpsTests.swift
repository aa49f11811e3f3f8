import HTTPTypes
import Testing

@Suite struct WakeUpsTests {
  private final class Counting: Sleeper {
    var times = 0
    func wake() { times += 1 }
  }

  @Test func aWakeUpComesAtOnceWhereNothingIsDoneTogether() {
    let sleeper = Counting()
    WakeUps.wake(sleeper)
    #expect(sleeper.times == 1)
  }

  @Test func wakeUpsComeAtTheEndOfWhatIsDoneTogether() {
    let first = Counting()
    let second = Counting()
    WakeUps.together {
      WakeUps.wake(first)
      WakeUps.together { WakeUps.wake(second) }
      #expect((first.times, second.times) == (0, 0))
    }
    #expect((first.times, second.times) == (1, 1))
    WakeUps.wake(first)
    #expect(first.times == 2)
  }
}
