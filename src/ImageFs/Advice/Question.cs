namespace ImageFs.Advice;

/// <summary>The question that is asked behind a message.</summary>
internal static class Question
{
    /// <summary>Asks for one thing; empty when there is nothing to ask.</summary>
    /// <param name="nearest">What may have been meant.</param>
    internal static string Of(string? nearest) => nearest is null ? string.Empty : $"; did you mean '{nearest}'?";
}
