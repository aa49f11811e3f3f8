import Testing

@testable import Rules

@Suite struct PatternTests {
  @Test(arguments: [
    ("abc", "xabcx", true), ("abc", "ab", false), ("", "", true), ("^$", "", true), ("^$", "a", false),
    ("^ab", "abc", true), ("^b", "abc", false), ("c$", "abc", true), ("b$", "abc", false), ("^abc$", "abc\n", false),
    ("a.c", "abc", true), ("a.c", "a😀c", true), ("a.c", "a\nc", false), ("a\\.c", "abc", false), ("a\\.c", "a.c", true),
    ("[a-c]+$", "xxabc", true), ("^[^a-c]+$", "xyz", true), ("^[^a-c]+$", "xaz", false), ("[]a]", "]", true),
    ("[a-]", "-", true), ("[^]]", "]", false), ("[\\d\\-x]", "-", true), ("[\\D]", "5", false), ("[^\\d]", "x", true),
    ("[\\Wa]", "a", true), ("[α-ω]", "λ", true), ("\\d{3}", "ab123", true), ("^\\d{3}$", "1234", false),
    ("^\\d{2,3}$", "123", true), ("^\\d{2,3}$", "1", false), ("^\\d{2,}$", "12345", true), ("^a{0}$", "", true),
    ("^a{0,1}$", "aa", false), ("^(ab|cd)+$", "abcdab", true), ("^(ab|cd)+$", "abc", false), ("a|b|c", "xxc", true),
    ("^a|b$", "ax", true), ("^a|b$", "xb", true), ("^a|b$", "xax", false), ("(?:a|)b", "b", true), ("()", "", true),
    ("colou?r", "color", true), ("^a*$", "aaa", true), ("^a+?$", "aaa", true), ("^(a*)*$", "aaab", false),
    ("^(a*)*$", "", true), ("\\w+@\\w+", "me@x", true), ("\\s", "a b", true), ("\\S", " \t", false),
    ("\\W", "ab_1", false),
    ("\\bcat\\b", "a cat!", true), ("\\bcat\\b", "concat", false), ("\\Bcat", "concat", true), ("\\n", "a\nb", true),
    ("(?i)straße", "STRAßE", true), ("(?i)[a-c]x", "BX", true), ("(?i)[^a]", "A", false), ("abc", "ABC", false),
    ("}", "}", true), ("\\{", "{", true), ("\\\\", "\\", true), ("\\+33", "+33", true),
  ])
  func matches(pattern: String, text: String, expected: Bool) throws {
    #expect(try Pattern(pattern).matches(text) == expected)
  }

  @Test(arguments: [
    ("(a", "\"(\" has no \")\"; write \\( for the character itself"),
    ("a)", "\")\" has no \"(\"; write \\) for the character itself"),
    ("[a", "\"[\" has no \"]\"; write \\[ for the character itself"),
    ("*a", "\"*\" has nothing to repeat; write \\* for the character itself"),
    ("a**", "\"*\" repeats what is repeated already; write ( ) around it"),
    ("a{", "expected {m}, {m,} or {m,n} behind \"{\"; write \\{ for the character itself"),
    ("a{3,2}", "expected {m}, {m,} or {m,n} behind \"{\"; write \\{ for the character itself"),
    ("a{,2}", "expected {m}, {m,} or {m,n} behind \"{\"; write \\{ for the character itself"),
    ("a{1001}", "repeats more than 1000 times"),
    ("((a{50}){50})", "is too large: its repetitions unroll to more than 2000 steps"),
    ("(a)\\1", "\\1 points back at a group, which can't be matched in linear time"),
    ("(?=a)", "looking ahead can't be matched in linear time; use $and, $or and $not instead"),
    ("(?!a)", "looking ahead can't be matched in linear time; use $and, $or and $not instead"),
    ("(?<=a)", "looking behind can't be matched in linear time; use $and, $or and $not instead"),
    ("(?<!a)", "looking behind can't be matched in linear time; use $and, $or and $not instead"),
    ("(?<n>a)", "groups have no names here; write ( )"), ("(?P<n>a)", "groups have no names here; write ( )"),
    ("a(?i)b", "(?i) stands only at the beginning, and of the other (?…) only (?: ) is known"),
    ("\\p{L}", "unknown escape \\p; known are \\d \\D \\w \\W \\s \\S \\b \\B \\t \\n \\r"),
    ("a\\", "ends with a backslash; write \\\\ for the character itself"),
    ("[z-a]", "a range inside [ ] goes from a character to a later one, as in [0-9]"),
    ("[\\d-z]", "a range inside [ ] goes from a character to a later one, as in [0-9]"),
    (String(repeating: "(", count: 60), "groups are nested deeper than 50 levels"),
  ])
  func refuses(pattern: String, sentence: String) {
    #expect(throws: PatternError(message: sentence)) { try Pattern(pattern) }
  }

  /// Patterns on which a backtracking matcher takes 2^n steps or n^k steps.
  @Test(arguments: [
    "^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^(a*)*b$", "(a?){100}a{100}b", "(.*)(.*)(.*)(.*)(.*)x", "^(([a-z])+.)+[A-Z]$",
    "^((a{1,5}){1,5}){1,5}$",
  ])
  func stepsStayLinear(pattern: String) throws {
    let compiled = try Pattern(pattern)
    let steps = [200, 400, 800].map { compiled.run(String(repeating: "a", count: $0) + "!").steps }
    #expect(steps[2] < 801 * 2 * Pattern.sizeLimit)
    #expect(Double(steps[2]) / Double(max(1, steps[1])) < 2.2, "\(steps)")
    #expect(Double(steps[1]) / Double(max(1, steps[0])) < 2.2, "\(steps)")
  }

  @Test func repetitionsOfNothingEnd() throws {
    #expect(try Pattern("^((){1000}){1000}$").matches(""))
    #expect(try Pattern("(()*)*x").matches("x"))
  }
}
