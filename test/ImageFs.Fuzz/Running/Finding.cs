using ImageFs.Fuzz.Mutation;

namespace ImageFs.Fuzz.Running;

/// <summary>A mutant that something is wrong with.</summary>
/// <param name="Target">The name of the format.</param>
/// <param name="Patch">The mutant.</param>
/// <param name="Problem">What is wrong.</param>
/// <param name="Place">Where it happened: findings of one kind at one place are one.</param>
internal sealed record Finding(string Target, Patch Patch, string Problem, string Place)
{
    /// <summary>What went wrong by an exception.</summary>
    public static Finding Of(string target, Patch patch, Exception error)
    {
        string[] frames = [.. (error.StackTrace ?? string.Empty).Split('\n').Select(frame => frame.Trim()).Where(frame => frame.StartsWith("at ImageFs.", StringComparison.Ordinal))];
        string first = frames.FirstOrDefault(frame => !frame.Contains("OracleException", StringComparison.Ordinal)) ?? string.Empty;
        string kind = error is Oracles.OracleException ? new string([.. error.Message.Where(char.IsAsciiLetterLower)]) : error.GetType().Name;
        return new Finding(target, patch, $"{error.GetType().Name}: {error.Message}\n    {string.Join("\n    ", frames.Take(8))}", $"{kind} {first}");
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Target}: {Problem}\n  {Patch}";
}
