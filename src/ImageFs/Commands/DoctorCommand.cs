using System.CommandLine;
using ImageFs.Diagnosis;
using ImageFs.Help;
using ImageFs.Output;

namespace ImageFs.Commands;

/// <summary><c>imagefs doctor</c>.</summary>
internal static class DoctorCommand
{
    internal static Command Create()
    {
        var asJson = new Option<bool>("--json", "-J") { Description = "Print JSON." };
        var command = new Verb("doctor", "Check whether and how fast mounting works on this system, and say what to do about it.")
        {
            asJson,
            new Example("imagefs doctor", "why a mount does not work here, or is slow"),
        };
        command.SetAction(parsed =>
        {
            var mounting = new MountFacts();
            IEnumerable<Fact> others = [.. SpeedFacts.Find(), .. FormatFacts.Find()];
            if (parsed.GetValue(asJson))
            {
                using Stream output = StandardOutput.Open();
                DoctorJson.Write(output, mounting, others);
            }
            else
            {
                DoctorText.Write(Console.Out, mounting, others);
            }

            return mounting.CanMount ? ExitStatus.Success : ExitStatus.NotWorking;
        });
        return command;
    }
}
