using System.Diagnostics;
using System.Text;

namespace ImageFs.Tests.Support;

/// <summary>Statements about C headers that are proven by compiling them: a false one fails the test with the compiler's words.</summary>
internal sealed class CAssertions
{
    private readonly StringBuilder _source = new();

    public CAssertions(params string[] headers)
    {
        _source.AppendLine("#define _GNU_SOURCE");
        foreach (string header in (string[])["stddef.h", .. headers])
        {
            _source.AppendLine($"#include <{header}>");
        }
    }

    public void Equal(string expression, long value) =>
        _source.AppendLine($"_Static_assert(({expression}) == {value}LL, \"{expression.Replace("\"", "'", StringComparison.Ordinal)}\");");

    /// <summary>As <see cref="Equal"/>, where the headers have the macro at all.</summary>
    public void EqualIfDefined(string macro, long value)
    {
        _source.AppendLine($"#ifdef {macro}");
        Equal(macro, value);
        _source.AppendLine("#endif");
    }

    /// <summary>Compiles. Without a C compiler the test is inconclusive, and says so.</summary>
    public void Prove()
    {
        string file = Path.Combine(Path.GetTempPath(), $"imagefs-abi-{Guid.NewGuid():N}.c");
        File.WriteAllText(file, _source.ToString());
        try
        {
            using var gcc = Process.Start(new ProcessStartInfo("gcc", ["-std=gnu11", "-fsyntax-only", file]) { RedirectStandardError = true })!;
            string messages = gcc.StandardError.ReadToEnd();
            gcc.WaitForExit();
            Assert.That(gcc.ExitCode, Is.Zero, messages);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Fail("no gcc: apt install gcc libc6-dev linux-libc-dev");
        }
        finally
        {
            File.Delete(file);
        }
    }
}
