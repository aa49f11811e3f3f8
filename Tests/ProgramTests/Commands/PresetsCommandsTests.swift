import RelayCore
import Testing

@testable import cdrelay

/// `presets list` and `presets show`.
@Suite struct PresetsCommandsTests {
  @Test func listNamesEveryCRM() {
    let run = CalledCommand("presets list")
    #expect(run.code == .done)
    #expect(
      run.output == """
        PRESET      CRM         BASE_URL
        hubspot     HubSpot     https://api.hubapi.com
        salesforce  Salesforce  yours, such as https://acme.my.salesforce.com
        zoho        Zoho CRM    https://www.zohoapis.com
        pipedrive   Pipedrive   https://api.pipedrive.com

        """)
    let json = CalledCommand("presets list --json").json
    #expect(json.map { $0["preset"]?.string } == ["hubspot", "salesforce", "zoho", "pipedrive"])
    #expect(json[1]["base_url"] == .null)
  }

  @Test func showPrintsWhatIsLaidUnderADestination() {
    let run = CalledCommand("presets show hubspot --country fr --base-url https://hub.example")
    #expect(run.code == .done)
    for text in [
      #"HubSpot: "preset": "hubspot" is a destination with"#, #""url": "https://hub.example/crm/v3/objects/calls","#,
      "| e164: FR |", "hubspot_statuses", "leaves a duplicate", "Not confirmed by HubSpot's pages",
    ] {
      #expect(run.output.contains(text), "\(text)")
    }
  }

  @Test(arguments: ["hubspot", "salesforce", "zoho", "pipedrive"])
  func showPrintsJSON(name: String) {
    let run = CalledCommand("presets show \(name) --json")
    #expect(run.code == .done)
    let shown = run.json.first
    #expect(shown?["destination"]?["body"]?.object != nil)
    #expect(shown?["destination"]?["lookup"]?["if_none"] == .string("send"))
    #expect(shown?["tables"]?.object?.isEmpty == false)
    #expect(shown?["notes"]?.array?.isEmpty == false)
    #expect((shown?["external_id"]?.object != nil) == (name == "salesforce"))
  }

  @Test func wrongWordsAreUsageErrors() {
    let run = CalledCommand("presets show hubspt")
    #expect(run.code == .usage)
    #expect(run.errors.contains("no preset hubspt: did you mean hubspot?"))
    #expect(CalledCommand("presets show hubspot --country France").code == .usage)
  }
}
