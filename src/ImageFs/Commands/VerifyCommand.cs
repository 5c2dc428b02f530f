using System.CommandLine;
using ImageFs.Checking;
using ImageFs.Help;
using ImageFs.Linux;
using ImageFs.Output;

namespace ImageFs.Commands;

/// <summary><c>imagefs verify IMAGE...</c>.</summary>
internal static class VerifyCommand
{
    internal static Command Create()
    {
        var asJson = new Option<bool>("--json", "-J") { Description = "Print JSON: every check, with its findings." };
        var command = new ImageCommand("verify", "Check an image: checksums, tables, every file, and that all of it can be read.", takesSeveral: true)
        {
            asJson,
            new Example("imagefs verify debian.iso", "is the download whole?"),
            new Example("imagefs verify -o part=2 disk.img", "one partition of a disk"),
            new Example("imagefs verify sda.img sdb.img", "volumes that lie on several disks"),
        };
        command.SetAction((stack, parsed) =>
        {
            var verification = new Verification(stack);
            verification.Prepare();
            using Stream output = StandardOutput.Open();
            CheckOutcome[] outcomes;
            using (var bar = new ProgressBar(() => verification.Length))
            {
                Action<string> say = bar.Interrupt(parsed.GetValue(asJson) ? static _ => { } : line => Write(output, line));
                outcomes = [.. verification.Run((part, finding) => say(VerifyText.Line(part, finding)), bar.Add)];
            }

            if (parsed.GetValue(asJson))
            {
                VerifyJson.Write(output, stack.Name, outcomes);
            }
            else
            {
                Write(output, VerifyText.Summary(stack.Name, outcomes));
            }

            return new Verdict(outcomes).Status;
        });
        return command;
    }

    // A finding is shown when it is found: the rest may take long.
    private static void Write(Stream output, string line)
    {
        output.Write(ByteText.ToBytes($"{line}\n"));
        output.Flush();
    }
}
